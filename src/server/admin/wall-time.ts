import { z } from '@hono/zod-openapi';
import type { Clock } from '../../shared/clock.ts';

/** A moment in an answer. */
export const moment = z.string().openapi({ format: 'date-time', example: '2026-01-31T12:00:00.000Z' });

/** A monotonic time as people read it; null for what has no end. */
export function wallTime(clock: Clock, monotonicMs: number | undefined): string | null {
  if (monotonicMs === undefined || !Number.isFinite(monotonicMs)) return null;
  return isoTime(clock.wallNow() + (monotonicMs - clock.now()));
}

/** ms since the epoch as ISO 8601 in UTC. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

export const roundMs = (ms: number): number => Math.round(ms * 1_000) / 1_000;
