import { describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { EventReader } from '../../src/server/admin/live/event-reader.fixture.ts';
import { adminOf } from '../support/admin.ts';
import { startTrial, type Trial } from '../support/fleet-trial.ts';
import { judgeRate, sentTwice } from '../support/judge.ts';
import { hasRedis } from '../support/redis.ts';
import { until } from '../support/score.ts';

/** Nodes whose clocks are wrong: between nodes only Redis' time counts, and inside one only time that passes. */

const PRELOAD = fileURLToPath(new URL('../support/skewed-clock.ts', import.meta.url));
/** Not whole seconds: the seconds by which nodes count do not begin together either. */
const SKEWS_MS = [10_300, -10_300, 0];
const JUMP_MS = -20_700;
const JUMPS = 2;
const CALLS = 24;
const SPACING_MS = 400;

const envOf = (node: number): Record<string, string> => ({
  BUN_OPTIONS: `--preload ${PRELOAD}`,
  SKEW_MS: String(SKEWS_MS[node]),
  SKEW_JUMP_MS: String(JUMP_MS),
});

/** By how much each node's clock is wrong now, as it tells itself, ms. */
const skews = ({ nodes }: Trial): Promise<number[]> =>
  Promise.all(
    nodes.map(async ({ adminUrl }) => {
      const reader = new EventReader(await fetch(`${adminUrl}/api/v1/live`));
      const { data } = (await reader.next()) as { data: { now: string } };
      const skewMs = Date.parse(data.now) - Date.now();
      await reader.leave();
      return skewMs;
    }),
  );

/** Nobody's way here takes a second. */
const expectSkews = async (trial: Trial, wanted: readonly number[]): Promise<void> => {
  for (const [node, skewMs] of (await skews(trial)).entries()) {
    expect(Math.abs(skewMs - wanted[node]!)).toBeLessThan(1_000);
  }
};

const waitingOrSent = async ({ nodes, judge }: Trial): Promise<number> => {
  const { status } = (await adminOf(nodes[0]!.adminUrl).get('/upstreams/judge')).json;
  return status.waiting + (await judge.report()).arrivals.length;
};

interface Listed {
  readonly pid: number;
  readonly started_at: string;
  readonly age_ms: number;
}

describe.skipIf(!hasRedis)(
  'nodes whose clocks are 10 s fast, 10 s slow, and set back by 20 s while they run',
  () => {
    test('are as strict as others, take their turns, and see each other', async () => {
      const beganMs = Date.now();
      const trial = await startTrial({ nodes: 3, limits: [`1 per ${SPACING_MS}ms`], maxWait: '30s', envOf });
      const seenBy = async (node: number): Promise<Listed[]> =>
        (await adminOf(trial.nodes[node]!.adminUrl).get('/fleet')).json.nodes;
      const readyMs = Date.now();
      try {
        await expectSkews(trial, SKEWS_MS);
        const startMs = performance.now();
        const send = () => Array.from({ length: CALLS / 2 }, (_, index) => trial.call(index % 3));
        const calls = send();
        // The second half comes when each of the first has its place.
        await until(async () => (await waitingOrSent(trial)) >= CALLS / 2);
        calls.push(...send());
        await until(async () => (await trial.judge.report()).arrivals.length >= CALLS / 2, 15_000);
        trial.nodes[JUMPS]!.kill('SIGUSR2');
        const answers = await Promise.all(calls);
        const tookMs = performance.now() - startMs;
        await expectSkews(trial, [10_300, -10_300, JUMP_MS]);

        const { arrivals } = await trial.judge.report();
        const { violations, closestMs } = judgeRate(arrivals, 1, SPACING_MS);
        console.log(
          `clocks skewed: ${CALLS} calls in ${tookMs.toFixed(0)} ms, ${violations} violations, closest ` +
            `${closestMs.toFixed(1)} ms`,
        );
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
        expect(violations).toBe(0);
        expect(arrivals).toHaveLength(CALLS);
        expect(sentTwice(arrivals)).toEqual([]);
        // By their own clocks all calls of the slow one would have come first, and all of the fast one last.
        const numbers = arrivals.map(({ id }) => Number(id.split('-')[1]));
        expect(Math.max(...numbers.slice(0, CALLS / 2))).toBe(CALLS / 2);

        for (const node of [0, 1, 2]) {
          await until(async () => (await seenBy(node)).length === 3);
          const listed = await seenBy(node);
          const pids = trial.nodes.map(({ pid }) => pid);
          expect(listed.map(({ pid }) => pid).sort()).toEqual(pids.toSorted());
          for (const { pid, age_ms, started_at } of listed) {
            expect(age_ms).toBeLessThan(5_000);
            const startedAtMs = Date.parse(started_at) - SKEWS_MS[pids.indexOf(pid)]!;
            expect(startedAtMs).toBeWithin(beganMs - 1_000, readyMs + 1_000);
          }
        }
      } finally {
        await trial.stop();
      }
    }, 60_000);
  },
);
