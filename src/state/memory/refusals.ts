import { GatewayError } from '../../shared/errors.ts';
import type { GateRefusal } from '../contracts.ts';

/** What a caller is told to wait while nobody knows how long it will be. */
const UNKNOWN_WAIT_MS = 1_000;

/** Makes the refusals of one gate and counts them, by code. */
export class Refusals {
  private readonly counts: Record<GateRefusal, number> = {
    queue_full: 0,
    deadline_unmeetable: 0,
    queue_timeout: 0,
    circuit_open: 0,
    upstream_paused: 0,
    state_unavailable: 0,
  };

  /** `waitMs`: what a new call would wait; undefined when nobody can know. `tickets`: how many are told. */
  make(code: GateRefusal, detail: string, waitMs: number | undefined, tickets = 1): GatewayError {
    this.counts[code] += tickets;
    return new GatewayError(code, {
      detail,
      retryAfterMs: waitMs ?? UNKNOWN_WAIT_MS,
      estimatedWaitMs: waitMs,
    });
  }

  /** One more ticket is told the same. */
  again(code: GateRefusal): void {
    this.counts[code]++;
  }

  circuitOpen(retryAfterMs: number, tickets = 1): GatewayError {
    const detail = 'The upstream failed too often of late; calls are refused until it is tried again.';
    return this.make('circuit_open', detail, Math.max(0, retryAfterMs), tickets);
  }

  removed(): GatewayError {
    return this.make('upstream_paused', 'An operator removed the request from the queue.', undefined);
  }

  impossible(): GatewayError {
    return this.make('deadline_unmeetable', 'The limits do not allow the call.', undefined);
  }

  inVain(waitMs: number): GatewayError {
    return this.make('deadline_unmeetable', `The wait would be about ${Math.ceil(waitMs)} ms.`, waitMs);
  }

  /** What others share cannot be reached, and this call was counted with them. */
  unavailable(cause: unknown): GatewayError {
    this.counts.state_unavailable++;
    return this.unavailableTo(cause);
  }

  /** The same, told to whoever is no ticket. */
  unavailableTo(cause: unknown): GatewayError {
    const detail = 'The shared state that paces this upstream cannot be reached.';
    return new GatewayError('state_unavailable', { detail, retryAfterMs: UNKNOWN_WAIT_MS, cause });
  }

  snapshot(): Readonly<Record<GateRefusal, number>> {
    return { ...this.counts };
  }
}

export const draining = (): GatewayError =>
  new GatewayError('draining', { detail: 'The gateway is shutting down.' });
