import { describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { DEFAULT_PREFIX, gateKeys } from '../../src/state/redis/keys.ts';
import { adminOf } from '../support/admin.ts';
import { type Ended, startTrial, type Trial } from '../support/fleet-trial.ts';
import { judgeRate, sentTwice } from '../support/judge.ts';
import { hasRedis } from '../support/redis.ts';
import { until } from '../support/score.ts';
import type { HeldBack } from '../support/wire.ts';

/**
 * A node that has its grant and has not written yet, to the point: the answer that grants has left Redis, is held on
 * its way, and the node is killed, or stopped, before it can read it.
 */

const SPACING_MS = 400;
const FRESHNESS_MS = 50;
const STOPPED_MS = 5_000;
const VICTIM = 1;
const OTHERS = [0, 2];

const epochMs = (): number => performance.timeOrigin + performance.now();

/** What Redis knows of the sends of the one upstream, by its own clock. */
async function asked<T>(trial: Trial, ask: (client: Redis, keys: Record<string, string>) => Promise<T>) {
  const client = new Redis({ port: trial.redis.port, host: '127.0.0.1' });
  const named = gateKeys(DEFAULT_PREFIX, 'judge').map((key) => [key.split(':').at(-1)!, key] as const);
  return ask(client, Object.fromEntries(named)).finally(() => client.disconnect());
}

/** When a grant was made, and until when it may be written. */
const grantOf = (trial: Trial, uid: string): Promise<{ at: number; til: number }> =>
  asked(trial, async (client, { grants }) => {
    const script = "return cjson.encode(cmsgpack.unpack(redis.call('HGET', KEYS[1], ARGV[1])))";
    return JSON.parse(String(await client.eval(script, 1, grants!, uid)));
  });

/** The log of sends, oldest first. */
const logOf = (trial: Trial): Promise<Array<{ atMs: number; uid: string }>> =>
  asked(trial, async (client, { log }) =>
    (await client.zrange(log!, '0', '-1')).map((entry) => {
      const [atMs, , uid] = entry.split('|');
      // What begins with a question mark is assumed.
      return { atMs: Number(atMs), uid: uid!.replace('?', '') };
    }),
  );

const arrivalsOf = async (trial: Trial) => (await trial.judge.report()).arrivals;

/** Waits for an answer that grants something to the node, and keeps it on its way. */
async function grantOnItsWay(trial: Trial): Promise<HeldBack & { readonly uid: string }> {
  const { self } = (await adminOf(trial.nodes[VICTIM]!.adminUrl).get('/fleet')).json;
  const granted = new RegExp(`"granted":\\[\\["(${self}:\\d+)"`);
  const held = await trial.wire.holdBack(granted);
  return { ...held, uid: granted.exec(held.text)![1]! };
}

const reportOn = (name: string, arrivals: Awaited<ReturnType<typeof arrivalsOf>>, nextMs: number): void => {
  const { violations, readTooEarly, closestMs } = judgeRate(arrivals, 1, SPACING_MS);
  console.log(
    `${name}: ${arrivals.length} arrivals, ${violations} violations (${readTooEarly} read too early), closest ` +
      `${closestMs.toFixed(1)} ms; the next call ${nextMs.toFixed(0)} ms after the grant`,
  );
};

/** The grant stands in the log at its latest moment, and what came next was a spacing later. */
async function expectCounted(trial: Trial, uid: string, tilMs: number): Promise<void> {
  const log = await logOf(trial);
  const index = log.findIndex((entry) => entry.uid === uid);
  // A script's JSON has 14 digits: tenths of a millisecond.
  expect(Math.abs(log[index]!.atMs - tilMs)).toBeLessThanOrEqual(0.1);
  expect(log[index + 1]!.atMs - tilMs).toBeGreaterThanOrEqual(SPACING_MS);
  const next = (await arrivalsOf(trial)).find(({ atMs }) => atMs > tilMs);
  expect(next!.atMs - tilMs).toBeGreaterThanOrEqual(SPACING_MS);
}

describe.skipIf(!hasRedis)('between its grant and its write', () => {
  test('a node is killed: the grant counts at its latest moment, and the others go on', async () => {
    const trial = await startTrial({ nodes: 3, limits: [`1 per ${SPACING_MS}ms`] });
    try {
      const stopFlood = trial.flood(1);
      await until(async () => (await arrivalsOf(trial)).length >= 4);
      const { uid } = await grantOnItsWay(trial);
      const heldMs = epochMs();
      trial.nodes[VICTIM]!.kill('SIGKILL');
      await trial.nodes[VICTIM]!.exited;
      const sentBefore = (await arrivalsOf(trial)).length;
      const { at, til } = await grantOf(trial, uid);
      expect(til - at).toBeGreaterThanOrEqual(FRESHNESS_MS);

      await until(async () => (await arrivalsOf(trial)).length >= sentBefore + 5, 15_000);
      await stopFlood();
      const arrivals = await arrivalsOf(trial);
      const nextMs = arrivals[sentBefore]!.atMs - heldMs;
      reportOn('killed with a grant', arrivals, nextMs);
      expect(judgeRate(arrivals, 1, SPACING_MS).violations).toBe(0);
      expect(sentTwice(arrivals)).toEqual([]);
      await expectCounted(trial, uid, til);
      expect(nextMs).toBeLessThan(2_000);
      // Callers of the others did not notice.
      const others = trial.ended.filter(({ node }) => OTHERS.includes(node));
      expect(others.filter(({ status }) => status !== 200)).toEqual([]);
      // Whose turn it would have been was gone: nothing of it came.
      expect(arrivals.slice(sentBefore).filter(({ id }) => id.startsWith(`${VICTIM}-`))).toEqual([]);
    } finally {
      await trial.stop();
    }
  }, 60_000);

  test('a node stands still for 5 s: the grant that it finds then is not used, its caller gets another', async () => {
    const trial = await startTrial({ nodes: 3, limits: [`1 per ${SPACING_MS}ms`] });
    try {
      const stopFlood = trial.flood(1, '', OTHERS);
      await until(async () => (await arrivalsOf(trial)).length >= 4);
      const onItsWay = grantOnItsWay(trial);
      const call: Promise<Ended> = trial.call(VICTIM);
      const { uid, deliver } = await onItsWay;
      const heldMs = epochMs();
      trial.nodes[VICTIM]!.kill('SIGSTOP');
      deliver();
      const { til } = await grantOf(trial, uid);
      await Bun.sleep(STOPPED_MS);
      // Half-way between two of the others' calls, where nothing may be sent.
      const seen = (await arrivalsOf(trial)).length;
      await until(async () => (await arrivalsOf(trial)).length > seen);
      await Bun.sleep(SPACING_MS / 2);
      const during = (await arrivalsOf(trial)).filter(({ atMs }) => atMs > heldMs).length;
      await expectCounted(trial, uid, til);
      const continuedMs = epochMs();
      trial.nodes[VICTIM]!.kill('SIGCONT');

      const { id, status } = await call;
      const sentBefore = (await arrivalsOf(trial)).length;
      await until(async () => (await arrivalsOf(trial)).length >= sentBefore + 4);
      await stopFlood();
      const arrivals = await arrivalsOf(trial);
      const nextMs = arrivals.find(({ atMs }) => atMs > heldMs)!.atMs - heldMs;
      reportOn('stopped with a grant', arrivals, nextMs);
      expect(judgeRate(arrivals, 1, SPACING_MS).violations).toBe(0);
      expect(sentTwice(arrivals)).toEqual([]);
      // It has said that it did not use it: what stands on record of it is what it sent later.
      const own = (await logOf(trial)).filter((entry) => entry.uid === uid);
      expect(own).toHaveLength(1);
      expect(own[0]!.atMs - til).toBeGreaterThan(STOPPED_MS - SPACING_MS);
      // The others went on meanwhile, but for the one slot that the grant has cost.
      expect(during).toBeGreaterThanOrEqual(Math.floor(STOPPED_MS / SPACING_MS) - 4);
      // One slot was its own, and it was sent in that one.
      expect(status).toBe(200);
      const sent = arrivals.filter((arrival) => arrival.id === id);
      expect(sent).toHaveLength(1);
      expect(sent[0]!.atMs).toBeGreaterThan(continuedMs);
      console.log(
        `stopped with a grant: sent ${(sent[0]!.atMs - continuedMs).toFixed(0)} ms after it continued`,
      );
      expect(trial.ended.filter((one) => one.status !== 200)).toEqual([]);
    } finally {
      await trial.stop();
    }
  }, 60_000);
});
