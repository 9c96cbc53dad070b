import type { BreakerState } from '../policies/breaker/breaker.ts';
import type { GateEvent } from '../state/contracts.ts';
import type { TimelineFacts, TimelineNote } from './timeline.ts';

/** What the gate stage gives as the reason of a pause that the upstream asked for. */
const ASKED_FOR = /^the upstream answered (\d{3}) and asked for a pause$/;

/** A gate's event as a line of the timeline. `nowMs` is monotonic. */
export function gateNote(upstream: string, event: GateEvent, nowMs: number): TimelineNote {
  switch (event.kind) {
    case 'breaker':
      return { kind: 'breaker', upstream, facts: breakerFacts(event.from, event.to, nowMs) };
    case 'paused': {
      const facts = { for_ms: forMs(event.untilMs, nowMs), reason: event.reason };
      const status = ASKED_FOR.exec(event.reason)?.[1];
      return status === undefined
        ? { kind: 'paused', upstream, facts }
        : { kind: 'provider_pause', upstream, facts: { status: Number(status), ...facts } };
    }
    case 'resumed':
      return { kind: 'resumed', upstream, facts: {} };
  }
}

/** A forced breaker is `forced`, and `as` says what it does to calls. */
function breakerFacts(from: BreakerState['kind'], to: BreakerState, nowMs: number): TimelineFacts {
  switch (to.kind) {
    case 'open':
      return { from, to: to.kind, reason: to.reason, for_ms: forMs(to.untilMs, to.sinceMs) };
    case 'forced':
      return { from, to: to.kind, as: to.as, for_ms: forMs(to.untilMs, nowMs) };
    default:
      return { from, to: to.kind };
  }
}

/** Null: without an end. */
function forMs(untilMs: number | undefined, nowMs: number): number | null {
  return untilMs === undefined || !Number.isFinite(untilMs) ? null : Math.max(0, Math.round(untilMs - nowMs));
}
