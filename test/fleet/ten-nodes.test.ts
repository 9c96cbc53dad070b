import { describe, expect, test } from 'bun:test';
import { adminOf } from '../support/admin.ts';
import { startTrial } from '../support/fleet-trial.ts';
import { judgeRate, sentTwice } from '../support/judge.ts';
import { hasRedis } from '../support/redis.ts';
import { until } from '../support/score.ts';

/** Ten really started gateways: as strict as three, and a call costs Redis no more. */

const NODES = 10;
const CALLS = 30;
const SPACING_MS = 400;
const WATCHED_MS = 2_000;
/**
 * Scripts that a call costs, besides those of nodes that let themselves be heard of: it enters, is claimed, sent and
 * ended, and a few claims are in vain. One that every node ran for every call would make it 10 more.
 */
const MOST_SCRIPTS_A_CALL = 8;

/** The guard takes 2 %, ten processes on two processors the rest. */
const LEAST_GOODPUT = 0.8;
/** A node that is late for its turn is passed over: a busy machine makes some so. */
const MOST_OUT_OF_TURN = 2;

const urgencyAt = (index: number): number => index % 8;

describe.skipIf(!hasRedis)('ten gateways and one provider', () => {
  test('1 per 400ms: never more, in the order of their ranks, and as few scripts as at three', async () => {
    const trial = await startTrial({ nodes: NODES, limits: [`1 per ${SPACING_MS}ms`], maxWait: '60s' });
    const waiting = async (): Promise<number> => {
      const { json } = await adminOf(trial.nodes[0]!.adminUrl).get('/upstreams/judge');
      return json.status.waiting;
    };
    try {
      const urgencies = new Map<string, number>();
      const before = await trial.scripts();
      const startMs = performance.now();
      const calls = Array.from({ length: CALLS }, async (_, index) => {
        const end = await trial.call(index % NODES, `&priority=${urgencyAt(index)}`);
        urgencies.set(end.id, urgencyAt(index));
        return end;
      });
      // Who was sent before all were there has nobody's place.
      await until(async () => {
        const { arrivals } = await trial.judge.report();
        return (await waiting()) + arrivals.length >= CALLS;
      }, 30_000);
      const first = (await trial.judge.report()).arrivals.length + 1;
      const answers = await Promise.all(calls);
      const tookMs = performance.now() - startMs;
      const { runs } = await trial.scripts();
      await Bun.sleep(WATCHED_MS);
      const idlePerSec = ((await trial.scripts()).runs - runs) / (WATCHED_MS / 1_000);
      const scriptsACall = (runs - before.runs - (idlePerSec * tookMs) / 1_000) / CALLS;

      const { arrivals } = await trial.judge.report();
      const { violations, closestMs } = judgeRate(arrivals, 1, SPACING_MS);
      const goodput = ((CALLS - 1) * SPACING_MS) / (arrivals.at(-1)!.atMs - arrivals[0]!.atMs);
      console.log(
        `ten nodes: ${violations} violations, closest ${closestMs.toFixed(1)} ms, ${(goodput * 100).toFixed(1)} % of ` +
          `the limit; ${scriptsACall.toFixed(2)} scripts a call, ${idlePerSec.toFixed(1)} a second idle; order from ` +
          `${first} on: ${arrivals.map(({ id }) => urgencies.get(id)).join('')}`,
      );
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(arrivals).toHaveLength(CALLS);
      expect(violations).toBe(0);
      expect(sentTwice(arrivals)).toEqual([]);
      expect(goodput).toBeGreaterThanOrEqual(LEAST_GOODPUT);
      const order = arrivals.slice(first).map(({ id }) => urgencies.get(id)!);
      expect(order.length).toBeGreaterThanOrEqual(CALLS - 8);
      const outOfTurn = order.filter((urgency, index) => order.slice(index).some((later) => later < urgency));
      expect(outOfTurn.length).toBeLessThanOrEqual(MOST_OUT_OF_TURN);
      expect(scriptsACall).toBeLessThan(MOST_SCRIPTS_A_CALL);
    } finally {
      await trial.stop();
    }
  }, 90_000);
});
