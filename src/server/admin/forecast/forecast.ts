import { BURST_BOUNDS, type BurstForecast, type BurstObstacle } from '../../../caller/burst-plan.ts';
import type { Rate } from '../../../shared/units.ts';
import type { GateSettings, GateSnapshot } from '../../../state/contracts.ts';
import { GateReplay, type Hindrance } from './gate-replay.ts';
import { LaneEnds } from './lane-ends.ts';

export interface ForecastQuestion {
  readonly count: number;
  readonly concurrency: number;
  /** Calls start at this rate; undefined: as soon as `concurrency` allows. */
  readonly rate: Rate | undefined;
  /** All calls ask for the same, and the route keeps answers, or shares calls that are under way. */
  readonly sharing: 'cached' | 'coalesced' | undefined;
  /** What the route lets through of one client. Taken as unused so far. */
  readonly clientLimit: Rate | undefined;
  /** How long one may wait. */
  readonly maxWaitMs: number;
  /** How long a call takes at the upstream; undefined: none was made yet. */
  readonly serviceMs: number | undefined;
  readonly settings: GateSettings;
  readonly snapshot: GateSnapshot;
  /** Monotonic. */
  readonly nowMs: number;
}

export type ForecastAnswer = Omit<BurstForecast, 'upstream' | 'sandbox'>;

/** Why a call began, or went, no earlier. */
type Cause = Hindrance | { readonly kind: 'rate' | 'cache' };

/**
 * How a burst would go as things stand: every call is played through the gate in virtual time. A refused call is
 * answered at once and makes room for the next. Other clients that come meanwhile, retries and access rules are not
 * foreseen.
 */
export function forecast(question: ForecastQuestion): ForecastAnswer {
  const { count, concurrency, rate, nowMs, snapshot } = question;
  const serviceMs = question.serviceMs ?? 0;
  const gate = new GateReplay({ ...question, serviceMs });
  const lanes = new LaneEnds(Math.min(count, concurrency), nowMs);
  const client = new ClientWindow(question.clientLimit);
  const causes = new Causes();
  const obstacles = new Set<BurstObstacle>();
  let refused = 0;
  let sharedEndMs: number | undefined;
  let lastEndMs = nowMs;

  for (let index = 0; index < count; index++) {
    const freeMs = lanes.next();
    const turnMs = rate === undefined ? nowMs : nowMs + (index * rate.windowMs) / rate.count;
    const atMs = Math.max(freeMs, turnMs);
    const isShared =
      sharedEndMs !== undefined && (question.sharing === 'cached' || atMs < (sharedEndMs ?? 0));
    let obstacle: BurstObstacle | undefined;
    let endMs = atMs;
    if (!client.take(atMs)) obstacle = 'client_limit';
    else if (isShared) {
      endMs = Math.max(atMs, sharedEndMs ?? atMs);
      causes.add(turnMs > freeMs ? { kind: 'rate' } : { kind: 'cache' });
    } else {
      const passage = gate.enter(atMs);
      if (passage.kind === 'refused') obstacle = passage.obstacle;
      else {
        endMs = passage.atMs + serviceMs;
        if (question.sharing !== undefined) sharedEndMs = endMs;
        causes.add(passage.by ?? startedLate(freeMs, turnMs, nowMs));
      }
    }
    if (obstacle !== undefined) {
      refused += 1;
      obstacles.add(obstacle);
      lanes.refused(endMs);
    } else lanes.answered(endMs);
    lastEndMs = Math.max(lastEndMs, endMs);
  }

  if (snapshot.pause !== undefined) obstacles.add('paused');
  if (lastEndMs - nowMs > BURST_BOUNDS.durationMs) obstacles.add('too_long');
  const bound = causes.most;
  const boundedBy = bound?.kind ?? (count > concurrency ? 'concurrency' : 'nothing');
  const isKnown =
    snapshot.pause === undefined || snapshot.pause.untilMs !== undefined
      ? question.serviceMs !== undefined || boundedBy === 'limit' || boundedBy === 'rate' || refused === count
      : false;
  return {
    count,
    expectedMs: isKnown ? lastEndMs - nowMs : undefined,
    limit: bound?.kind === 'limit' ? bound.limit : undefined,
    boundedBy,
    alreadyWaiting: snapshot.waiting,
    willBeRefused: refused,
    obstacles: [...obstacles],
  };
}

/** A call that went as soon as it came may have come late. */
function startedLate(freeMs: number, turnMs: number, nowMs: number): Cause | undefined {
  if (turnMs > freeMs) return { kind: 'rate' };
  return freeMs > nowMs ? { kind: 'concurrency' } : undefined;
}

/** Counts what calls waited for. */
class Causes {
  private readonly counted = new Map<string, { readonly cause: Cause; calls: number }>();

  add(cause: Cause | undefined): void {
    if (cause === undefined) return;
    const key = cause.kind === 'limit' ? `limit ${cause.limit}` : cause.kind;
    const known = this.counted.get(key);
    if (known === undefined) this.counted.set(key, { cause, calls: 1 });
    else known.calls += 1;
  }

  /** That of most calls; undefined: none waited. */
  get most(): Cause | undefined {
    return [...this.counted.values()].sort((one, other) => other.calls - one.calls)[0]?.cause;
  }
}

/** A client’s calls in a sliding window. */
class ClientWindow {
  private readonly taken: number[] = [];

  constructor(private readonly limit: Rate | undefined) {}

  take(atMs: number): boolean {
    if (this.limit === undefined) return true;
    const { count, windowMs } = this.limit;
    const before = this.taken.at(-count);
    if (before !== undefined && before > atMs - windowMs) return false;
    this.taken.push(atMs);
    return true;
  }
}
