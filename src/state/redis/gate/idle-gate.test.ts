import { expect, test } from 'bun:test';
import { settle, VirtualClock } from '../../../shared/virtual-clock.ts';
import { RedisGate } from './gate.ts';
import type { GateLink } from './gate-link.ts';

/** A little time passes with each look at it, as it does. */
class MovingClock extends VirtualClock {
  override now(): number {
    this.advance(0.001);
    return super.now();
  }
}

/** Commands in a minute in which somebody takes a snapshot each second. */
async function askedInAMinute(waiting: number, maxAgeMs?: number): Promise<number> {
  const clock = new MovingClock();
  let asked = 0;
  const link: GateLink = {
    node: 'n0',
    isUp: true,
    run: () => {
      asked++;
      return Promise.resolve(
        JSON.stringify({
          e: 'one',
          v: asked,
          w: waiting,
          r: 0,
          mw: 0,
          cfg: 1,
          nodes: 1,
          pauses: 0,
          opened: 0,
          lanes: [],
        }),
      );
    },
  };
  const gate = new RedisGate({
    clock,
    link,
    upstream: 'one',
    nodeChannel: 'n:',
    fleetChannel: 'all',
    settings: {
      limits: [{ rate: { count: 1, windowMs: 1_000 }, even: false, guardMs: 20 }],
      concurrency: undefined,
      queue: { policy: 'fifo', agingMs: 1_000, maxSize: 10, weights: {} },
      breaker: undefined,
    },
  });
  await gate.refresh();
  await settle();
  const before = asked;
  for (let second = 0; second < 60; second++) {
    await clock.advanceAsync(1_000);
    gate.snapshot(maxAgeMs);
    await settle();
  }
  gate.close();
  return asked - before;
}

test('a gate with nothing to do asks Redis every few seconds only, though somebody watches each second', async () => {
  expect(await askedInAMinute(0)).toBeLessThanOrEqual(13);
});

test('a busy one asks each second while somebody watches, and every few seconds while nobody does', async () => {
  expect(await askedInAMinute(5)).toBeGreaterThanOrEqual(59);
  expect(await askedInAMinute(5, 5_000)).toBeLessThanOrEqual(13);
});
