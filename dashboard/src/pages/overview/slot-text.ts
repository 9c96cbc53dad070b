import type { TFunction } from 'i18next';
import type { Format } from '../../i18n/format.ts';

/** When the limits allow the next call. */
export function slotText(nextSlotInMs: number | null, t: TFunction<'overview'>, format: Format): string {
  if (nextSlotInMs === null) return t('tile.slotUnknown');
  if (nextSlotInMs === 0) return t('tile.slotNow');
  return t('tile.slotIn', { time: format.duration(nextSlotInMs) });
}
