import type { Clock } from '../../shared/clock.ts';

export interface TransportOptions {
  readonly clock: Clock;
  /** Answers of at most so many bytes are held whole; longer ones stream. */
  readonly bufferBytes: number;
  /** How long a client may neither send on nor read on before its call is given up. Default 120,000. */
  readonly clientIdleMs?: number | undefined;
}

export const DEFAULT_CLIENT_IDLE_MS = 120_000;
