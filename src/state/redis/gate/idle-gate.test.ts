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

test('a gate with nothing to do that somebody watches each second asks Redis every few seconds only', async () => {
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
          w: 0,
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
    gate.snapshot();
    await settle();
  }
  expect(asked - before).toBeLessThanOrEqual(13);
});
