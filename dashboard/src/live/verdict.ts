import type { LimitStatus, LiveSample, UpstreamStatus } from '../api/types.ts';
import type { Tone } from '../ui/tone.ts';
import type { LiveData } from './live-data.ts';
import { isCrowded, type LiveView } from './live-stream.ts';

/** What an on-call engineer has to know first. Moments are ms since the epoch, on the server's clock. */
export type Finding =
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'lost';
      readonly sinceMs: number;
      /** The gateway answers, but as many dashboards listen as it serves. */
      readonly isCrowded: boolean;
    }
  | { readonly kind: 'draining' }
  | {
      readonly kind: 'breaker_open';
      readonly upstream: string;
      readonly reason: string | null;
      /** In a row, where that is the reason. */
      readonly failures: number;
      readonly untilMs: number | undefined;
      /** The cache still answers. */
      readonly cached: boolean;
    }
  | {
      readonly kind: 'breaker_forced';
      readonly upstream: string;
      readonly state: 'open' | 'closed';
      readonly untilMs: number | undefined;
      readonly cached: boolean;
    }
  | { readonly kind: 'half_open'; readonly upstream: string }
  | {
      readonly kind: 'paused';
      readonly upstream: string;
      readonly untilMs: number | undefined;
      readonly reason: string;
      readonly waiting: number;
    }
  | { readonly kind: 'state_away'; readonly sinceMs: number | undefined }
  | { readonly kind: 'drift'; readonly nodes: number }
  | { readonly kind: 'ledger'; readonly sinceMs: number | undefined }
  | {
      readonly kind: 'failing';
      readonly share: number /** Of ours; undefined: the upstream’s own answers. */;
      readonly code: string | undefined;
    }
  | {
      readonly kind: 'waiting';
      readonly upstream: string;
      readonly waiting: number;
      /** The limit that decides; null: calls wait for others to end. */
      readonly limit: LimitStatus | null;
      readonly concurrency: number;
      readonly drainMs: number | null;
    }
  | { readonly kind: 'flowing'; readonly perSec: number }
  | { readonly kind: 'idle' };

export interface Verdict {
  readonly finding: Finding;
  readonly tone: Tone;
  /** What else there is to know, worst first. */
  readonly others: readonly Finding[];
}

const TONES: Readonly<Record<Finding['kind'], Tone>> = {
  lost: 'bad',
  state_away: 'bad',
  breaker_open: 'bad',
  draining: 'bad',
  breaker_forced: 'warn',
  paused: 'warn',
  failing: 'warn',
  half_open: 'warn',
  ledger: 'warn',
  drift: 'warn',
  waiting: 'info',
  flowing: 'ok',
  idle: 'ok',
  connecting: 'neutral',
};

/** Failures are worth a word from this share of the last minute's requests, and from so many. */
const FAILING_SHARE = 0.2;
const FAILING_LEAST = 5;
/** "The cache answers" means that it did within so many seconds. */
const CACHED_WITHIN_SEC = 15;

/** One verdict for the whole gateway, worst finding first. Without live data it never claims anything else. */
export function verdictOf({ connection, data }: LiveView): Verdict {
  if (connection.kind === 'lost') {
    return sole({ kind: 'lost', sinceMs: connection.sinceMs, isCrowded: isCrowded(connection) });
  }
  // Also with data of before: what was is not what is.
  if (data === undefined || connection.kind !== 'live') return sole({ kind: 'connecting' });
  const findings = [
    ...(data.state.readiness.reasons.includes('draining') ? [{ kind: 'draining' } as const] : []),
    ...stateFinding(data),
    ...data.upstreams.flatMap((upstream) => breakerFinding(upstream, data.samples)),
    ...data.upstreams.flatMap(pauseFinding),
    ...failingFinding(data),
    ...ledgerFinding(data),
    ...(data.state.fleet.drift ? [{ kind: 'drift', nodes: data.state.fleet.nodes } as const] : []),
    ...[...data.upstreams].sort((a, b) => b.waiting - a.waiting).flatMap(waitingFinding),
  ].sort((a, b) => severity(a) - severity(b));
  const [first = quiet(data.samples), ...others] = findings;
  return { finding: first, tone: toneOf(first), others };
}

export function toneOf(finding: Finding): Tone {
  // An operator's own decision, and calls flow: nothing to worry about, much to remember.
  if (finding.kind === 'breaker_forced' && finding.state === 'open') return 'bad';
  return TONES[finding.kind];
}

const ORDER: readonly Tone[] = ['bad', 'warn', 'info', 'ok', 'neutral'];

function severity(finding: Finding): number {
  return ORDER.indexOf(toneOf(finding));
}

const sole = (finding: Finding): Verdict => ({ finding, tone: toneOf(finding), others: [] });

function breakerFinding({ name, breaker }: UpstreamStatus, samples: readonly LiveSample[]): Finding[] {
  if (breaker === null) return [];
  const untilMs = breaker.until === null ? undefined : Date.parse(breaker.until);
  const cached = samples
    .slice(-CACHED_WITHIN_SEC)
    .some((sample) => (sample.upstreams[name]?.cached ?? 0) > 0);
  if (breaker.forced) {
    if (breaker.state === 'half_open') return [];
    return [{ kind: 'breaker_forced', upstream: name, state: breaker.state, untilMs, cached }];
  }
  if (breaker.state === 'open') {
    return [
      {
        kind: 'breaker_open',
        upstream: name,
        reason: breaker.reason,
        failures: breaker.consecutive_failures,
        untilMs,
        cached,
      },
    ];
  }
  return breaker.state === 'half_open' ? [{ kind: 'half_open', upstream: name }] : [];
}

function pauseFinding({ name, pause, waiting }: UpstreamStatus): Finding[] {
  if (pause === null) return [];
  const untilMs = pause.until === null ? undefined : Date.parse(pause.until);
  return [{ kind: 'paused', upstream: name, untilMs, reason: pause.reason, waiting }];
}

function waitingFinding(upstream: UpstreamStatus): Finding[] {
  const { name, waiting, limits, concurrency, running, drained_in_ms: drainMs } = upstream;
  if (waiting === 0 || upstream.pause !== null) return [];
  const tightest = [...limits].sort((a, b) => a.left / a.count - b.left / b.count)[0];
  return [
    {
      kind: 'waiting',
      upstream: name,
      waiting,
      limit: tightest ?? null,
      concurrency: concurrency ?? running,
      drainMs,
    },
  ];
}

/** A caller that left, such as a load test that was aborted, is nobody's failure. */
function failingFinding({ state, samples }: LiveData): Finding[] {
  const requests = total(samples, ({ requests, failures }) => requests - failures.client_gone);
  const failed = requests - total(samples, ({ successes }) => successes);
  if (failed < FAILING_LEAST || failed / requests < FAILING_SHARE) return [];
  const [worst] = Object.entries(state.minute.errors).sort(([, a], [, b]) => b - a);
  return [{ kind: 'failing', share: failed / requests, code: worst?.[0] }];
}

function stateFinding({ state }: LiveData): Finding[] {
  const { status, since } = state.hot_state;
  if (status === 'ok') return [];
  return [{ kind: 'state_away', sinceMs: since === null ? undefined : Date.parse(since) }];
}

function ledgerFinding({ state }: LiveData): Finding[] {
  if (state.ledger.status === 'ok') return [];
  const { since } = state.ledger;
  return [{ kind: 'ledger', sinceMs: since === null ? undefined : Date.parse(since) }];
}

/** Nothing to report: how much flows, over the last ten seconds. */
function quiet(samples: readonly LiveSample[]): Finding {
  const recent = samples.slice(-10);
  const perSec = recent.length === 0 ? 0 : total(recent, ({ requests }) => requests) / recent.length;
  if (perSec > 0) return { kind: 'flowing', perSec };
  return total(samples, ({ requests }) => requests) > 0 ? { kind: 'flowing', perSec: 0 } : { kind: 'idle' };
}

function total(samples: readonly LiveSample[], of: (sample: LiveSample) => number): number {
  return samples.reduce((sum, sample) => sum + of(sample), 0);
}
