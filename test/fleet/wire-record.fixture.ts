import { expect } from 'bun:test';
import type { LimitSettings } from '../../src/policies/limiter/limit-set.ts';

/** A call that reached the wire. */
export interface Send {
  readonly atMs: number;
  readonly cost: number;
}

/** The scripts count microseconds. */
const ROUNDING_MS = 0.002;

export const costOf = (sends: readonly Send[]): number => sends.reduce((sum, { cost }) => sum + cost, 0);

/** Never more cost in a window, wherever it begins, than a limit allows; and each cost apart where it is `even`. */
export function expectStrict(wire: readonly Send[], limits: readonly LimitSettings[]): void {
  for (const { rate, even } of limits) {
    expect(mostIn(wire, rate.windowMs), 'cost in a window').toBeLessThanOrEqual(rate.count);
    const earlyMs = even ? mostTooEarlyMs(wire, rate.windowMs / rate.count) : 0;
    expect(earlyMs, 'ms too early').toBeLessThan(ROUNDING_MS);
  }
}

function mostIn(wire: readonly Send[], windowMs: number): number {
  const lastsMs = windowMs - ROUNDING_MS;
  const from = (fromMs: number) => wire.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + lastsMs);
  return Math.max(0, ...wire.map(({ atMs }) => costOf(from(atMs))));
}

/** How much too early a send went after the one before it, which keeps the next away by its cost, ms. */
function mostTooEarlyMs(wire: readonly Send[], spacingMs: number): number {
  const sends = wire.toSorted((one, other) => one.atMs - other.atMs);
  const earlyMs = (before: Send, { atMs }: Send) => before.atMs + before.cost * spacingMs - atMs;
  return Math.max(0, ...sends.slice(1).map((send, index) => earlyMs(sends[index]!, send)));
}
