import { parseDuration } from '../../../shared/units.ts';
import { refuse, textField } from './fields.ts';

/** A moment as a query names it: itself, or before now. */
export type Instant =
  | { readonly kind: 'at'; readonly wallMs: number }
  | { readonly kind: 'ago'; readonly ms: number };

const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** `2026-01-31T12:00:00Z`, `2026-01-31` (UTC), ms since the epoch, `-1h`, `now`. */
export function instant(description: string, preset: string) {
  return textField<Instant>({
    expected: 'a time such as 2026-01-31T12:00:00Z, ms since 1970, -1h or now',
    document: {
      type: 'string',
      description: `${description} ISO 8601 with a time zone, ms since 1970, \`-1h\` (before now) or \`now\`.`,
      example: '-1h',
      default: preset,
    },
    read(text) {
      if (text === 'now') return { kind: 'ago', ms: 0 };
      if (text.startsWith('-')) {
        const ms = parseDuration(text.slice(1));
        return ms === undefined ? undefined : { kind: 'ago', ms };
      }
      if (/^\d+$/.test(text)) {
        return /^\d{12,15}$/.test(text)
          ? { kind: 'at', wallMs: Number(text) }
          : refuse('a number is taken as ms since 1970, and this one is not a time of our days');
      }
      const wallMs = ISO.test(text) ? Date.parse(text) : Number.NaN;
      return Number.isNaN(wallMs) ? undefined : { kind: 'at', wallMs };
    },
  }).prefault(preset);
}

/** ms since the epoch. */
export function wallMsOf(time: Instant, nowWallMs: number): number {
  return time.kind === 'at' ? time.wallMs : nowWallMs - time.ms;
}
