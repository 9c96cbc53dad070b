import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';
import { isCrowded } from '../live/live-stream.ts';
import { useLiveView, useTick } from '../live/use-live.ts';

/** `live · 0.4 s ago`, or since when it is not. */
export function LiveAge() {
  const { t } = useTranslation();
  const format = useFormat();
  const { connection, frameAtMs } = useLiveView();
  const now = useTick(200);
  if (connection.kind === 'lost') {
    return (
      <span
        className="flex items-center gap-2 whitespace-nowrap font-medium text-bad text-sm"
        data-testid="live-age"
      >
        <span aria-hidden className="size-2 rounded-full bg-bad" />
        {isCrowded(connection)
          ? t('live.streams')
          : t('live.stale', { time: format.time(connection.sinceMs) })}
      </span>
    );
  }
  if (connection.kind !== 'live' || frameAtMs === undefined) {
    return (
      <span className="text-muted text-sm" data-testid="live-age">
        {t('live.connecting')}
      </span>
    );
  }
  const ago = format.number(Math.max(0, now - frameAtMs) / 1_000, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'narrow',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  return (
    <span className="flex items-center gap-2 whitespace-nowrap text-muted text-sm" data-testid="live-age">
      <span aria-hidden className="size-2 animate-pulse rounded-full bg-ok" />
      <span>
        <span className="font-medium text-ok">{t('live.live')}</span>
        <span className="hidden sm:inline"> · {t('live.ago', { ago })}</span>
      </span>
    </span>
  );
}
