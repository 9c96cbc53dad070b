import { describe, expect, test } from 'bun:test';
import { startTrial, type TrialOptions } from '../support/fleet-trial.ts';
import { judgeRate, sentTwice } from '../support/judge.ts';
import { hasRedis } from '../support/redis.ts';

/** Three really started gateways before one provider: they are as strict as one process, and as fast. */

interface Case extends TrialOptions {
  readonly rates: ReadonlyArray<{ readonly count: number; readonly windowMs: number }>;
  readonly calls: number;
  /** What the limits let through in so many calls, guard left out. */
  readonly leastMs: number;
  readonly query?: string;
  /** The guard alone takes 2 %; a machine that does other things besides takes more of what is decided more often. */
  readonly leastGoodput: number;
}

const cases: Record<string, Case> = {
  '1 per 1s': {
    nodes: 3,
    limits: ['1 per 1s'],
    maxWait: '60s',
    rates: [{ count: 1, windowMs: 1_000 }],
    calls: 20,
    leastMs: 19_000,
    leastGoodput: 0.85,
  },
  '100 per 1s': {
    nodes: 3,
    limits: ['100 per 1s'],
    rates: [{ count: 100, windowMs: 1_000 }],
    calls: 1_000,
    leastMs: 9_000,
    leastGoodput: 0.8,
  },
  '10 per 3s and 25 per 1d': {
    nodes: 3,
    limits: ['10 per 3s', '25 per 1d'],
    rates: [
      { count: 10, windowMs: 3_000 },
      { count: 25, windowMs: 86_400_000 },
    ],
    calls: 25,
    leastMs: 6_000,
    leastGoodput: 0.85,
  },
  'concurrency: 2': {
    nodes: 3,
    limits: [],
    concurrency: 2,
    // The first call of a cold process is slow, and what is estimated from it is long.
    maxWait: '10m',
    rates: [],
    calls: 200,
    query: '&hold=20',
    leastMs: 2_000,
    leastGoodput: 0.5,
  },
};

describe.skipIf(!hasRedis)('three gateways and one provider', () => {
  for (const [name, trialCase] of Object.entries(cases)) {
    test(`${name}: never more, and hardly less`, async () => {
      const { rates, calls, leastMs, query, concurrency } = trialCase;
      const trial = await startTrial(trialCase);
      try {
        const answers = await Promise.all(
          Array.from({ length: calls }, (_, index) => trial.call(index % 3, query)),
        );
        const { arrivals, mostAtOnce } = await trial.judge.report();
        expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
        expect(arrivals).toHaveLength(calls);
        expect(sentTwice(arrivals)).toEqual([]);
        const verdicts = rates.map(({ count, windowMs }) => judgeRate(arrivals, count, windowMs));
        expect(verdicts.map(({ violations }) => violations)).toEqual(rates.map(() => 0));
        if (concurrency !== undefined) expect(mostAtOnce).toBe(concurrency);
        const tookMs = arrivals.at(-1)!.atMs - arrivals[0]!.atMs;
        const goodput = leastMs / tookMs;
        console.log(
          `${name}: ${calls} calls in ${tookMs.toFixed(0)} ms, ${(goodput * 100).toFixed(1)} % of the limit; ` +
            verdicts.map(({ closestMs }) => `closest ${closestMs.toFixed(1)} ms`).join(', '),
        );
        expect(goodput).toBeGreaterThanOrEqual(trialCase.leastGoodput);
      } finally {
        await trial.stop();
      }
    }, 60_000);
  }

  test('a limit that is used up holds at every node', async () => {
    const trial = await startTrial({ nodes: 3, limits: ['5 per 1d'], maxWait: '1s' });
    try {
      const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => trial.call(index % 3)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
      // While the last of them is being written nobody knows that it will be, so that one more may wait.
      const refusals = answers.filter(({ status }) => status !== 200).map(({ code }) => code);
      expect(refusals).toHaveLength(7);
      expect(['deadline_unmeetable', 'queue_timeout']).toEqual(
        expect.arrayContaining([...new Set(refusals)]),
      );
      expect((await trial.judge.report()).arrivals).toHaveLength(5);
    } finally {
      await trial.stop();
    }
  }, 30_000);

  test('the most urgent call goes next, at whichever node it comes', async () => {
    const trial = await startTrial({ nodes: 3, limits: ['1 per 400ms'] });
    try {
      const waiting = Array.from({ length: 12 }, (_, index) => trial.call(index % 3));
      // The first call of a cold process is slow.
      await Promise.race(waiting.slice(3));
      for (const node of [0, 1, 2]) {
        const seen = (await trial.judge.report()).arrivals.length;
        // Right after a slot, so that it is there well before the next.
        while ((await trial.judge.report()).arrivals.length === seen) await Bun.sleep(5);
        const { id } = await trial.call(node, '&priority=0');
        const { arrivals } = await trial.judge.report();
        expect(arrivals.findIndex((arrival) => arrival.id === id)).toBe(seen + 1);
      }
      await Promise.all(waiting);
    } finally {
      await trial.stop();
    }
  }, 30_000);

  test('without a Redis in common they exceed every limit, so the judge can see', async () => {
    const trial = await startTrial({ nodes: 3, limits: ['1 per 400ms'], redisUrl: 'memory:' });
    try {
      await Promise.all(Array.from({ length: 12 }, (_, index) => trial.call(index % 3)));
      const { arrivals } = await trial.judge.report();
      expect(judgeRate(arrivals, 1, 400).violations).toBeGreaterThan(5);
    } finally {
      await trial.stop();
    }
  }, 30_000);
});
