import type { RequestRecord } from '../../api/types.ts';

/** Shorter waits are no reason for anything. */
const NOTABLE_MS = 5;

/**
 * Why a request took as long as it did: the name of a sentence (`requests:why.<key>`) and what stands in it. Times in
 * ms. `attempts` chooses the plural form.
 */
export interface Why {
  readonly key: WhyKey;
  readonly times: Readonly<Partial<Record<'total' | 'queue' | 'upstream' | 'other', number>>>;
  readonly attempts?: number;
  readonly code?: string;
  readonly status?: number;
}

export type WhyKey =
  | 'hit'
  | 'stale'
  | 'staleInstead'
  | 'refusedAtOnce'
  | 'refusedAfterWait'
  | 'failedAfterCalls'
  | 'goneInQueue'
  | 'goneAtUpstream'
  | 'brokeOff'
  | 'shared'
  | 'gatewayAlone'
  | 'sent'
  | 'sentAfterQueue'
  | 'sentWithRest'
  | 'sentAfterQueueWithRest';

/** One sentence for any request that ended. */
export function whyOf(record: RequestRecord): Why {
  const { outcome, cache, code, total_ms: total, status } = record;
  if (cache === 'hit') return { key: 'hit', times: { total } };
  if (cache === 'stale') {
    return code === null
      ? { key: 'stale', times: { total } }
      : { key: 'staleInstead', times: { total }, code };
  }
  switch (outcome) {
    case 'refused':
      return refusal(record, code ?? String(status));
    case 'client_gone':
      return gone(record);
    case 'truncated':
      return { key: 'brokeOff', times: { total, upstream: record.upstream_ms ?? 0 } };
    default:
      return called(record);
  }
}

/** An answer of the gateway's own in place of the upstream's. */
function refusal(record: RequestRecord, code: string): Why {
  const { total_ms: total, attempts } = record;
  const { queue, upstream } = splitOf(record);
  if (attempts > 0) return { key: 'failedAfterCalls', times: { total, queue, upstream }, attempts, code };
  if (queue >= NOTABLE_MS) return { key: 'refusedAfterWait', times: { queue }, code };
  return { key: 'refusedAtOnce', times: { total }, code };
}

function gone(record: RequestRecord): Why {
  const { total_ms: total, attempts } = record;
  const { queue, upstream } = splitOf(record);
  if (attempts > 0) return { key: 'goneAtUpstream', times: { total, queue, upstream } };
  return { key: 'goneInQueue', times: { total } };
}

/** An answer of the upstream, whatever its status. */
function called(record: RequestRecord): Why {
  const { total_ms: total, queue_ms, upstream_ms, attempts } = record;
  if (upstream_ms === null || attempts === 0) {
    // Without a call of its own it was given the answer of another one's.
    if (queue_ms !== null) return { key: 'shared', times: { total } };
    return { key: 'gatewayAlone', times: { total } };
  }
  const { queue, upstream, other } = splitOf(record);
  const waited = queue >= NOTABLE_MS;
  const rest = other >= NOTABLE_MS && other >= total / 10;
  if (waited && rest) return { key: 'sentAfterQueueWithRest', times: { queue, upstream, other }, attempts };
  if (waited) return { key: 'sentAfterQueue', times: { queue, upstream }, attempts };
  if (rest) return { key: 'sentWithRest', times: { upstream, other }, attempts };
  return { key: 'sent', times: { upstream }, attempts };
}

/** Refusals of the gate: with no call made, all the time until them was spent waiting there. */
const GATE_CODES: ReadonlySet<string> = new Set([
  'queue_full',
  'deadline_unmeetable',
  'queue_timeout',
  'circuit_open',
  'upstream_paused',
  'state_unavailable',
  'draining',
]);

/** Where the time went, in ms. `other`: in the gateway, between attempts, and passing on the body. */
export interface TimeSplit {
  readonly queue: number;
  readonly other: number;
  readonly upstream: number;
}

/** `queue_ms` counts waits that ended with a call; one that ended with a refusal is told by its code. */
export function splitOf(record: RequestRecord): TimeSplit {
  const { total_ms: total, queue_ms, upstream_ms, attempts, outcome, code, cache } = record;
  const endedWaiting =
    queue_ms === null &&
    attempts === 0 &&
    cache !== 'hit' &&
    (outcome === 'client_gone' || (code !== null && GATE_CODES.has(code)));
  const queue = endedWaiting ? total : (queue_ms ?? 0);
  const upstream = upstream_ms ?? 0;
  return { queue, upstream, other: Math.max(0, total - queue - upstream) };
}
