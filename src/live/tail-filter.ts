import type { CacheResult, CommandOutcome } from '../usage/recorder.ts';
import type { UsageSample } from '../usage/rollup.ts';

/** Which requests are wanted; what is absent does not matter. */
export interface TailFilter {
  readonly route?: string | undefined;
  readonly upstream?: string | undefined;
  /** Text within the client as it is shown. */
  readonly client?: string | undefined;
  readonly outcome?: CommandOutcome | undefined;
  /** `404`, or `4xx` for the class. */
  readonly status?: string | undefined;
  readonly code?: string | undefined;
  readonly cache?: CacheResult | undefined;
  /** At least so long in all. */
  readonly minMs?: number | undefined;
  readonly method?: string | undefined;
  /** Text within the id or the path as they are shown. */
  readonly text?: string | undefined;
}

interface Shown {
  readonly id: string;
  readonly path: string;
  readonly client: string;
}

export interface TailMatcher {
  /** By what is plain in the sample. */
  sample(sample: UsageSample): boolean;
  /** By the names as they are shown: a search for a hidden number must not tell whether it was there. */
  text(shown: Shown): boolean;
  /** Whether `text` looks at anything. */
  readonly readsText: boolean;
}

export function matcherOf(filter: TailFilter): TailMatcher {
  const { route, upstream, outcome, code, cache, minMs, method } = filter;
  const client = filter.client?.toLowerCase();
  const text = filter.text?.toLowerCase();
  const [lowest, highest] = statusRange(filter.status);
  return {
    sample: (one) =>
      (route === undefined || one.route === route) &&
      (upstream === undefined || one.upstream === upstream) &&
      (outcome === undefined || one.outcome === outcome) &&
      (code === undefined || one.errorCode === code) &&
      (cache === undefined || one.cache === cache) &&
      (method === undefined || one.method === method) &&
      (minMs === undefined || one.totalMs >= minMs) &&
      one.status >= lowest &&
      one.status <= highest,
    text: (shown) =>
      (client === undefined || shown.client.toLowerCase().includes(client)) &&
      (text === undefined ||
        shown.id.toLowerCase().includes(text) ||
        shown.path.toLowerCase().includes(text)),
    readsText: client !== undefined || text !== undefined,
  };
}

function statusRange(status: string | undefined): readonly [lowest: number, highest: number] {
  if (status === undefined) return [0, Number.POSITIVE_INFINITY];
  if (!status.endsWith('xx')) return [Number(status), Number(status)];
  const lowest = Number(status[0]) * 100;
  return [lowest, lowest + 99];
}
