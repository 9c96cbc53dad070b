import type { Answer } from './call-life.ts';

/** Where the time of one request went, in ms. */
export interface Waterfall {
  readonly queueMs: number;
  readonly upstreamMs: number;
  /** Ours, and the way between: what neither the queue nor the upstream accounts for. */
  readonly gatewayMs: number;
  readonly totalMs: number;
}

/** By `Server-Timing`. Entries of one name add up, such as of several attempts; others belong to the gateway. */
export function waterfallOf({ timing, at_ms: atMs }: Pick<Answer, 'timing' | 'at_ms'>): Waterfall {
  const sum = (name: string) =>
    timing.reduce((all, entry) => (entry.name === name ? all + Math.max(0, entry.ms) : all), 0);
  const totalMs = sum('total') || atMs;
  const queueMs = sum('queue');
  const upstreamMs = sum('upstream');
  return { queueMs, upstreamMs, gatewayMs: Math.max(0, totalMs - queueMs - upstreamMs), totalMs };
}
