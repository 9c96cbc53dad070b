import type { ConfigEntry } from '../../api/types.ts';

export type Origin = ConfigEntry['origin']['kind'];

/** Whatever is set by one that stands before wins over those after it. */
export const ORIGINS = ['flag', 'env', 'file', 'default'] as const satisfies readonly Origin[];

/** A value on one line: text as it is, everything else as JSON. */
export function writtenValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
