import { describe, expect, test } from 'bun:test';
import { startTrial, type Trial } from '../support/fleet-trial.ts';
import { hasRedis } from '../support/redis.ts';
import { startWatchedRedis } from '../support/sentinel.ts';

/** `100 per 1d`, half used when Redis forgets: the other half is left, and no more. */

const LIMIT = 100;

const send = (trial: Trial, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => trial.call(index % 3)));

/** Calls at every node until one goes out again; how long that took. */
async function untilServed(trial: Trial): Promise<number> {
  const startMs = performance.now();
  for (let index = 0; ; index++) {
    if ((await trial.call(index % 3)).status === 200) return performance.now() - startMs;
    if (performance.now() - startMs > 30_000) throw new Error('no call went out within 30 s');
    await Bun.sleep(50);
  }
}

async function exhaust(name: string, trial: Trial, fault: () => Promise<void>): Promise<void> {
  await fault();
  const servedMs = await untilServed(trial);
  const answers = await send(trial, LIMIT);
  const { arrivals } = await trial.judge.report();
  console.log(`${name}: served again ${servedMs.toFixed(0)} ms after, ${arrivals.length} sent of ${LIMIT}`);
  expect(arrivals).toHaveLength(LIMIT);
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThan(LIMIT);
}

describe.skipIf(!hasRedis)('a limit of a day, half used,', () => {
  test('holds when Redis starts again, empty', async () => {
    const trial = await startTrial({ nodes: 3, limits: [`${LIMIT} per 1d`], maxWait: '3s' });
    try {
      await send(trial, LIMIT / 2);
      await exhaust('Redis empty', trial, () => trial.redis.restart());
    } finally {
      await trial.stop();
    }
  }, 60_000);

  test('loses no place when nodes stand still for a moment, also between a grant and its write', async () => {
    const trial = await startTrial({ nodes: 3, limits: ['1 per 50ms', `${LIMIT} per 1d`] });
    try {
      let isOver = false;
      const stutter = async (): Promise<void> => {
        for (let times = 0; !isOver; times++) {
          const node = trial.nodes[times % 3]!;
          node.kill('SIGSTOP');
          await Bun.sleep(60 + 7 * (times % 13));
          node.kill('SIGCONT');
          await Bun.sleep(20 + 3 * (times % 7));
        }
      };
      const stuttering = stutter();
      const answers = await send(trial, LIMIT);
      isOver = true;
      await stuttering;
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect((await trial.judge.report()).arrivals).toHaveLength(LIMIT);
    } finally {
      await trial.stop();
    }
  }, 60_000);

  test('holds when a replica that missed the last calls becomes the primary', async () => {
    const watched = await startWatchedRedis();
    const trial = await startTrial({
      nodes: 3,
      limits: [`${LIMIT} per 1d`],
      maxWait: '3s',
      redisUrl: watched.url,
    });
    try {
      await send(trial, LIMIT / 4);
      await watched.cutReplica();
      await send(trial, LIMIT / 4);
      expect((await trial.judge.report()).arrivals.length).toBeGreaterThanOrEqual(LIMIT * 0.4);
      await exhaust('failover', trial, async () => {
        watched.killPrimary();
        const startMs = performance.now();
        await watched.promoted();
        console.log(`failover: Sentinel took ${(performance.now() - startMs).toFixed(0)} ms`);
      });
    } finally {
      await trial.stop();
      await watched.stop();
    }
  }, 90_000);
});
