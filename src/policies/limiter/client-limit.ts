import type { Rate } from '../../shared/units.ts';

/**
 * - `sliding_window`: two counters, of this window and the one before, the latter fading as this one passes
 *   (Cloudflare, "How we built rate limiting capable of scaling to millions of domains", 2017). Smooth, and
 *   approximate: it takes the requests of the window before as spread evenly.
 * - `token_bucket`: `count` tokens, refilled evenly over `windowMs` (Turner, 1986).
 * - `fixed_window`: `count` from the first request on, and again after `windowMs`.
 */
export type ClientLimitAlgorithm = 'sliding_window' | 'token_bucket' | 'fixed_window';

/** What a client limit said of one request. */
export interface ClientLimitDecision {
  readonly allowed: boolean;
  /** The limit's count. */
  readonly limit: number;
  readonly windowMs: number;
  /** How many more requests it takes now. */
  readonly remaining: number;
  /** When it has its full count again, or, for a refused request, when the next one may come: ms from now. */
  readonly resetMs: number;
}

/** All that is kept of a client. */
export interface ClientLimitState {
  /** Monotonic ms: the window's start, or the bucket's last refill. */
  readonly atMs: number;
  /** Requests in this window, or tokens missing in the bucket. */
  readonly used: number;
  /** Requests in the window before (`sliding_window`), otherwise 0. */
  readonly before: number;
}

interface Taken {
  readonly state: ClientLimitState;
  readonly decision: ClientLimitDecision;
}

/** One request of a client whose state was `state` (undefined: never seen). A refused one changes nothing. */
export function takeFromClientLimit(
  algorithm: ClientLimitAlgorithm,
  rate: Rate,
  state: ClientLimitState | undefined,
  nowMs: number,
): Taken {
  switch (algorithm) {
    case 'sliding_window':
      return takeSliding(rate, state, nowMs);
    case 'token_bucket':
      return takeToken(rate, state, nowMs);
    case 'fixed_window':
      return takeFixed(rate, state, nowMs);
  }
}

/**
 * The state of a client once `requests` more of it are counted, whether its limit allowed them or not: they have
 * passed elsewhere. What is above the limit has to fade before another request passes.
 */
export function addToClientLimit(
  algorithm: ClientLimitAlgorithm,
  rate: Rate,
  kept: ClientLimitState | undefined,
  requests: number,
  nowMs: number,
): ClientLimitState {
  switch (algorithm) {
    case 'sliding_window': {
      const { atMs, used, before } = slide(kept, rate.windowMs, nowMs);
      return { atMs, used: used + requests, before };
    }
    case 'token_bucket':
      return {
        atMs: kept === undefined ? nowMs : Math.max(nowMs, kept.atMs),
        used: (kept === undefined ? 0 : missingAt(rate, kept, nowMs)) + requests,
        before: 0,
      };
    case 'fixed_window':
      return kept === undefined || nowMs >= kept.atMs + rate.windowMs
        ? { atMs: nowMs, used: requests, before: 0 }
        : { atMs: kept.atMs, used: kept.used + requests, before: 0 };
  }
}

/**
 * The ms that has begun counts as gone. Otherwise a client that used up its window would be free just *after* the
 * next one begins, and an honest `Retry-After` would be a second too long.
 */
const TICK_MS = 1;

function takeSliding(rate: Rate, kept: ClientLimitState | undefined, nowMs: number): Taken {
  const { count, windowMs } = rate;
  const { atMs, used, before } = slide(kept, windowMs, nowMs);
  const faded = (before * Math.max(0, windowMs - Math.max(0, nowMs - atMs) - TICK_MS)) / windowMs;
  if (used + faded < count) {
    const taken = used + 1;
    const fullAtMs = atMs + windowMs + windowMs * (1 - 1 / taken);
    return {
      state: { atMs, used: taken, before },
      decision: allow(rate, Math.max(0, Math.ceil(count - taken - faded)), waitUntil(nowMs, fullAtMs)),
    };
  }
  const freeAtMs =
    used < count
      ? atMs + windowMs * (1 - (count - used) / before)
      : atMs + windowMs + windowMs * (1 - count / used);
  return { state: { atMs, used, before }, decision: refuse(rate, waitUntil(nowMs, freeAtMs)) };
}

/** The two counters as of now. A client that was away for two windows starts a fresh one. */
function slide(kept: ClientLimitState | undefined, windowMs: number, nowMs: number): ClientLimitState {
  if (kept === undefined || nowMs >= kept.atMs + 2 * windowMs) return { atMs: nowMs, used: 0, before: 0 };
  if (nowMs >= kept.atMs + windowMs) return { atMs: kept.atMs + windowMs, used: 0, before: kept.used };
  return kept;
}

/** Sums of fractions miss a whole token by the last digits. */
const TOKEN_ERROR = 1e-9;

function takeToken(rate: Rate, kept: ClientLimitState | undefined, nowMs: number): Taken {
  const { count, windowMs } = rate;
  const atMs = kept === undefined ? nowMs : Math.max(nowMs, kept.atMs);
  const missing = kept === undefined ? 0 : missingAt(rate, kept, nowMs);
  const tokens = count - missing;
  const tokenMs = windowMs / count;
  if (tokens >= 1 - TOKEN_ERROR) {
    const left = Math.max(0, tokens - 1);
    return {
      state: { atMs, used: count - left, before: 0 },
      decision: allow(rate, Math.floor(left + TOKEN_ERROR), (count - left) * tokenMs),
    };
  }
  // Nobody is refused on a full bucket, so the client is known here; its state stays as it is.
  const state = kept ?? { atMs, used: missing, before: 0 };
  const waitMs = waitUntil(nowMs, state.atMs + (state.used - (count - 1)) * tokenMs);
  const isEnough = missingAt(rate, state, nowMs + waitMs) <= count - 1 + TOKEN_ERROR;
  return { state, decision: refuse(rate, isEnough ? waitMs : waitMs + ROUNDING_MS) };
}

function missingAt({ count, windowMs }: Rate, kept: ClientLimitState, nowMs: number): number {
  return Math.max(0, kept.used - (Math.max(0, nowMs - kept.atMs) * count) / windowMs);
}

function takeFixed(rate: Rate, kept: ClientLimitState | undefined, nowMs: number): Taken {
  const { count, windowMs } = rate;
  const state =
    kept === undefined || nowMs >= kept.atMs + windowMs ? { atMs: nowMs, used: 0, before: 0 } : kept;
  const resetMs = waitUntil(nowMs, state.atMs + windowMs);
  if (state.used >= count) return { state, decision: refuse(rate, resetMs) };
  const used = state.used + 1;
  return { state: { atMs: state.atMs, used, before: 0 }, decision: allow(rate, count - used, resetMs) };
}

/** More than the last digit of any monotonic time, and nothing to a client. */
const ROUNDING_MS = 0.001;

/** How long to wait at `nowMs` so that the sum surely reaches `atMs` in floating point. */
function waitUntil(nowMs: number, atMs: number): number {
  const waitMs = Math.max(0, atMs - nowMs);
  return nowMs + waitMs >= atMs ? waitMs : waitMs + ROUNDING_MS;
}

function allow(rate: Rate, remaining: number, resetMs: number): ClientLimitDecision {
  return { allowed: true, limit: rate.count, windowMs: rate.windowMs, remaining, resetMs };
}

function refuse(rate: Rate, resetMs: number): ClientLimitDecision {
  return { allowed: false, limit: rate.count, windowMs: rate.windowMs, remaining: 0, resetMs };
}
