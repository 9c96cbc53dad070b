import type { Clock } from '../../shared/clock.ts';

export interface TransportOptions {
  readonly clock: Clock;
  /** Answers of at most so many bytes are held whole; longer ones stream. */
  readonly bufferBytes: number;
}
