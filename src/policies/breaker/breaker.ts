import { type BreakerSettings, checkBreakerSettings } from './settings.ts';
import { CountWindow } from './window.ts';

export type { BreakerSettings };

/** How a call ended, for its breaker. Local refusals, cancels and our own defects are `ignore`. */
export type Outcome = 'success' | 'failure' | 'ignore';

/** Why a breaker opened. */
export type OpenReason = 'consecutive' | 'failure_rate' | 'slow_calls' | 'probe_failed' | 'probe_timeout';

/** All times are monotonic ms. */
export type BreakerState =
  | {
      readonly kind: 'closed';
      /** When it last closed; undefined: it has never been anything else. */
      readonly sinceMs: number | undefined;
      readonly consecutiveFailures: number;
    }
  | { readonly kind: 'open'; readonly sinceMs: number; readonly untilMs: number; readonly reason: OpenReason }
  | {
      readonly kind: 'half_open';
      readonly sinceMs: number;
      readonly running: number;
      readonly passed: number;
    }
  | { readonly kind: 'forced'; readonly as: 'open' | 'closed'; readonly untilMs: number };

/** What the rules that go by a share have counted in the window that ends now. Undefined: there is no such rule. */
export interface BreakerWindow {
  readonly failureRate: { readonly calls: number; readonly failures: number } | undefined;
  readonly slowCalls: { readonly calls: number; readonly slow: number } | undefined;
}

/** The right to make one call, to be handed back to `end`. Opaque to its holder. */
export interface BreakerPermit {
  /** Counts the breaker's changes of state; a permit of an earlier one says nothing any more. */
  readonly generation: number;
  readonly probe: boolean;
  readonly startedAtMs: number;
  /** Set by `end`. */
  ended: boolean;
}

/** Why a call may not go now. */
type Hindrance =
  | { readonly kind: 'refused'; readonly retryAtMs: number }
  /** Every probe is taken; `untilMs` is when the next running one is overdue. */
  | { readonly kind: 'wait'; readonly untilMs: number };

export type Entrance = { readonly kind: 'go'; readonly permit: BreakerPermit } | Hindrance;

/** What `tryEnter` would say, without a permit. */
export type Outlook = { readonly kind: 'go' } | Hindrance;

const GO: Outlook = { kind: 'go' };

type Inner =
  | { readonly kind: 'closed'; readonly sinceMs: number | undefined; consecutiveFailures: number }
  | { readonly kind: 'open'; readonly sinceMs: number; readonly reason: OpenReason }
  | {
      readonly kind: 'half_open';
      readonly sinceMs: number;
      readonly running: Set<BreakerPermit>;
      passed: number;
    }
  | { readonly kind: 'forced'; readonly as: 'open' | 'closed'; readonly untilMs: number };

/**
 * Circuit breaker (Nygard, "Release It!", 2007). Closed, it counts; after too many failures it opens and refuses;
 * `openForMs` later it is half-open and lets `probes` calls through, and closes when they have all succeeded. A probe
 * that fails, is slow by `slowCalls`, or is overdue opens it again. The state is a function of the calls made and of
 * `nowMs`: nothing has to happen for time to pass.
 */
export class Breaker {
  private settings: BreakerSettings;
  private inner: Inner = closed(undefined);
  private generation = 0;
  private failures: CountWindow | undefined;
  private slow: CountWindow | undefined;
  private openings = 0;

  /** Throws RangeError naming the bad value. */
  constructor(settings: BreakerSettings) {
    checkBreakerSettings(settings);
    this.settings = settings;
    this.forgetRates();
  }

  /** How often it has opened, half-open to open included; forced states do not count. */
  get opened(): number {
    return this.openings;
  }

  /** The state as of now. */
  state(nowMs: number): BreakerState {
    const inner = this.advance(nowMs);
    switch (inner.kind) {
      case 'closed':
        return { kind: 'closed', sinceMs: inner.sinceMs, consecutiveFailures: inner.consecutiveFailures };
      case 'open':
        return {
          kind: 'open',
          sinceMs: inner.sinceMs,
          untilMs: inner.sinceMs + this.settings.openForMs,
          reason: inner.reason,
        };
      case 'half_open':
        return {
          kind: 'half_open',
          sinceMs: inner.sinceMs,
          running: inner.running.size,
          passed: inner.passed,
        };
      case 'forced':
        return { kind: 'forced', as: inner.as, untilMs: inner.untilMs };
    }
  }

  /**
   * What its windows hold as of now. Only calls made while it is closed are counted: those that opened it are seen
   * until they have left the window or it has closed.
   */
  window(nowMs: number): BreakerWindow {
    this.advance(nowMs);
    const { failures, slow } = this;
    return {
      failureRate: failures && { calls: failures.total(nowMs), failures: failures.hit(nowMs) },
      slowCalls: slow && { calls: slow.total(nowMs), slow: slow.hit(nowMs) },
    };
  }

  /** May a new arrival hope? Only an open breaker, or one forced open, says no. */
  admits(nowMs: number): { readonly ok: true } | { readonly ok: false; readonly retryAtMs: number } {
    const retryAtMs = this.refusedUntil(nowMs);
    return retryAtMs === undefined ? { ok: true } : { ok: false, retryAtMs };
  }

  /** Could a call go now? Takes no permit. */
  outlook(nowMs: number): Outlook {
    const retryAtMs = this.refusedUntil(nowMs);
    if (retryAtMs !== undefined) return { kind: 'refused', retryAtMs };
    const { inner, settings } = this;
    if (inner.kind === 'half_open' && inner.running.size + inner.passed >= settings.probes) {
      return { kind: 'wait', untilMs: oldestStart(inner.running) + settings.probeTimeoutMs };
    }
    return GO;
  }

  /** May this call go now? Every permit is ended once. */
  tryEnter(nowMs: number): Entrance {
    const outlook = this.outlook(nowMs);
    if (outlook.kind !== 'go') return outlook;
    const { inner } = this;
    const probe = inner.kind === 'half_open';
    const permit: BreakerPermit = { generation: this.generation, probe, startedAtMs: nowMs, ended: false };
    if (probe) inner.running.add(permit);
    return { kind: 'go', permit };
  }

  /**
   * A permitted call ended. Of a permit that has ended before, or of an earlier state, nothing is noted; `ignore`
   * frees a probe's place without a verdict.
   */
  end(permit: BreakerPermit, outcome: Outcome, nowMs: number): void {
    const inner = this.advance(nowMs);
    if (permit.ended || permit.generation !== this.generation) return;
    permit.ended = true;
    if (inner.kind === 'half_open') inner.running.delete(permit);
    if (outcome === 'ignore') return;
    const { slowCalls } = this.settings;
    const isSlow = slowCalls !== undefined && nowMs - permit.startedAtMs > slowCalls.durationMs;
    if (inner.kind === 'closed') {
      this.count(inner, outcome === 'failure', isSlow, nowMs);
    } else if (inner.kind === 'half_open') {
      this.judgeProbe(inner, outcome === 'failure', isSlow, nowMs);
    }
  }

  /**
   * Holds it open or closed until `nowMs + forMs`, after which it is closed and begins anew; `reset` closes it at
   * once and ignores `forMs`. Throws RangeError when a forced state would not expire.
   */
  force(state: 'open' | 'closed' | 'reset', nowMs: number, forMs: number): void {
    if (state !== 'reset' && !(forMs > 0 && Number.isFinite(forMs))) {
      throw new RangeError(`forMs must be a positive number of ms, not ${forMs}`);
    }
    // An overdue probe has opened it before, and that is counted.
    const inner = this.advance(nowMs);
    if (state === 'reset') this.close(inner.kind === 'closed' ? inner.sinceMs : nowMs);
    else this.change({ kind: 'forced', as: state, untilMs: nowMs + forMs });
  }

  /**
   * New settings, from now on: an open breaker stays open for the new time since it opened, and rates whose window
   * changed begin anew. Throws RangeError naming the bad value, and then changes nothing.
   */
  configure(settings: BreakerSettings, nowMs: number): void {
    checkBreakerSettings(settings);
    const inner = this.advance(nowMs);
    this.settings = settings;
    this.failures = windowFor(settings.failureRate, this.failures);
    this.slow = windowFor(settings.slowCalls, this.slow);
    if (inner.kind === 'half_open' && inner.passed >= settings.probes) this.close(nowMs);
  }

  /** Lets time pass: what falls due takes effect when it was due, however late somebody asks. */
  private advance(nowMs: number): Inner {
    for (;;) {
      const { inner, settings } = this;
      if (inner.kind === 'open') {
        const halfOpenAtMs = inner.sinceMs + settings.openForMs;
        if (nowMs < halfOpenAtMs) return inner;
        this.change({ kind: 'half_open', sinceMs: halfOpenAtMs, running: new Set(), passed: 0 });
      } else if (inner.kind === 'half_open') {
        const overdueAtMs = oldestStart(inner.running) + settings.probeTimeoutMs;
        if (nowMs < overdueAtMs) return inner;
        this.open(overdueAtMs, 'probe_timeout');
      } else if (inner.kind === 'forced' && nowMs >= inner.untilMs) {
        this.close(inner.untilMs);
      } else {
        return inner;
      }
    }
  }

  private refusedUntil(nowMs: number): number | undefined {
    const inner = this.advance(nowMs);
    if (inner.kind === 'open') return inner.sinceMs + this.settings.openForMs;
    if (inner.kind === 'forced' && inner.as === 'open') return inner.untilMs;
    return undefined;
  }

  private count(
    state: Extract<Inner, { kind: 'closed' }>,
    hasFailed: boolean,
    isSlow: boolean,
    nowMs: number,
  ): void {
    const { consecutive, failureRate, slowCalls } = this.settings;
    state.consecutiveFailures = hasFailed ? state.consecutiveFailures + 1 : 0;
    this.failures?.add(nowMs, 1, hasFailed ? 1 : 0);
    this.slow?.add(nowMs, 1, isSlow ? 1 : 0);
    if (consecutive !== undefined && state.consecutiveFailures >= consecutive) {
      this.open(nowMs, 'consecutive');
    } else if (isReached(failureRate, this.failures, nowMs)) {
      this.open(nowMs, 'failure_rate');
    } else if (isReached(slowCalls, this.slow, nowMs)) {
      this.open(nowMs, 'slow_calls');
    }
  }

  private judgeProbe(
    state: Extract<Inner, { kind: 'half_open' }>,
    hasFailed: boolean,
    isSlow: boolean,
    nowMs: number,
  ): void {
    if (hasFailed || isSlow) {
      this.open(nowMs, hasFailed ? 'probe_failed' : 'slow_calls');
      return;
    }
    state.passed++;
    if (state.passed >= this.settings.probes) this.close(nowMs);
  }

  private open(sinceMs: number, reason: OpenReason): void {
    this.openings++;
    this.change({ kind: 'open', sinceMs, reason });
  }

  private close(sinceMs: number | undefined): void {
    this.forgetRates();
    this.change(closed(sinceMs));
  }

  private change(to: Inner): void {
    this.generation++;
    this.inner = to;
  }

  private forgetRates(): void {
    this.failures = windowFor(this.settings.failureRate, undefined);
    this.slow = windowFor(this.settings.slowCalls, undefined);
  }
}

function closed(sinceMs: number | undefined): Inner {
  return { kind: 'closed', sinceMs, consecutiveFailures: 0 };
}

/** The start of the permit that runs longest (a set keeps their order); Infinity when none does. */
function oldestStart(running: ReadonlySet<BreakerPermit>): number {
  for (const permit of running) return permit.startedAtMs;
  return Number.POSITIVE_INFINITY;
}

function windowFor(
  rule: { readonly windowMs: number } | undefined,
  kept: CountWindow | undefined,
): CountWindow | undefined {
  if (rule === undefined) return undefined;
  return kept?.windowMs === rule.windowMs ? kept : new CountWindow(rule.windowMs);
}

function isReached(
  rule: { readonly threshold: number; readonly minimum: number } | undefined,
  window: CountWindow | undefined,
  nowMs: number,
): boolean {
  if (rule === undefined || window === undefined) return false;
  const total = window.total(nowMs);
  return total >= rule.minimum && window.hit(nowMs) >= rule.threshold * total;
}
