import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { LimitSettings } from '../../src/policies/limiter/limit-set.ts';
import { type Random, seededRandom } from '../../src/shared/random.ts';
import { VirtualClock } from '../../src/shared/virtual-clock.ts';
import type { Grant, Line, Lines, Urgency } from '../../src/state/contracts.ts';
import { settingsOf } from '../contract/gate/driver.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { VirtualFleet, type VirtualNode } from './virtual-fleet.fixture.ts';

/**
 * Thousands of calls over three nodes, in virtual time: seconds and days of a limit pass in a moment, and what is
 * measured is what the gate itself costs, whatever this machine does meanwhile. Requests to Redis, connections and
 * writes take the time that they take in a data centre.
 */

const NODES = 3;
const CALLS = 3_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A node that has no connection ready at its turn is passed over rather than waited for: it happens to so many calls. */
const MOST_OUT_OF_TURN = 0;
/** By then everybody has a place in the queue. */
const SETTLED_MS = 200;
const SEED = Number(process.env.SEED ?? 5);

/** With the guard that is the default. */
const limitOf = (count: number, windowMs: number): LimitSettings => ({
  rate: { count, windowMs },
  even: false,
  guardMs: windowMs * 0.02,
});

interface Send {
  readonly id: string;
  readonly atMs: number;
  readonly urgency: Urgency;
}

/** Connections that take a millisecond to make, and serve again. */
class NearLines implements Lines {
  readonly leadMs = 1;
  available = 0;
  private connecting = 0;
  private listener: () => void = () => {};

  constructor(private readonly clock: VirtualClock) {}

  take(): Line | undefined {
    if (this.available === 0) return undefined;
    this.available--;
    return { release: () => this.ready() };
  }

  expect(tickets: number): void {
    for (let missing = Math.min(tickets, 256) - this.available - this.connecting; missing > 0; missing--) {
      this.connecting++;
      this.clock.after(this.leadMs, () => {
        this.connecting--;
        this.ready();
      });
    }
  }

  onChange(listener: () => void): void {
    this.listener = listener;
  }

  private ready(): void {
    this.available++;
    this.listener();
  }
}

interface Plan {
  readonly limits: readonly LimitSettings[];
  readonly concurrency?: number;
  /** How long a call takes at the provider, ms. */
  readonly serviceMs: number;
  /** Shortest and longest way to Redis, and back, ms. */
  readonly wayMs: readonly [number, number];
}

class LongRun {
  readonly clock = new VirtualClock();
  readonly wire: Send[] = [];
  mostRunning = 0;
  refused = 0;
  answered = 0;
  private running = 0;
  private number = 0;
  private readonly random: Random = seededRandom(SEED);
  private fleet!: VirtualFleet;

  private constructor(private readonly plan: Plan) {}

  static async start(url: string, plan: Plan): Promise<LongRun> {
    const run = new LongRun(plan);
    run.fleet = await VirtualFleet.start(url, run.clock);
    const settings = settingsOf({ ...plan, queue: { policy: 'priority', maxSize: 10_000 } });
    for (let index = 0; index < NODES; index++) {
      const node = run.fleet.add({ settings, lines: new NearLines(run.clock), rejoinMs: 0 });
      if (plan.wayMs[1] > 0) node.fate = () => ({ thereMs: run.way(), backMs: run.way() });
      const known = node.gate.refresh();
      await run.pass(10);
      await known;
    }
    return run;
  }

  get scripts(): number {
    return this.fleet.commands;
  }

  /** Calls of every urgency, spread over the nodes; resolves when all are over. */
  async play(calls: number, stepMs: number): Promise<void> {
    const goal = this.answered + calls;
    for (let index = 0; index < calls; index++) {
      this.enter(
        this.fleet.nodes[index % NODES]!,
        `c${this.number++}`,
        (index % 8) as Urgency,
        this.clock.now(),
      );
    }
    const lastMs = this.clock.now() + HOUR_MS;
    while (this.answered < goal && this.clock.now() < lastMs) await this.pass(stepMs);
  }

  pass(ms: number): Promise<void> {
    return this.clock.advanceAsync(ms, this.fleet.settled);
  }

  close(): Promise<void> {
    return this.fleet.close();
  }

  private way(): number {
    const [least, most] = this.plan.wayMs;
    return least + this.random.next() * (most - least);
  }

  private enter(node: VirtualNode, id: string, urgency: Urgency, arrivedAtMs: number): void {
    const deadlineMs = arrivedAtMs + HOUR_MS;
    node.gate.enter({ id, client: 'a', urgency, arrivedAtMs, deadlineMs, cost: 1 }).then(
      // What lies between the answer and the wire: other calls' work.
      (grant) => void this.clock.after(this.random.next() * 0.2, () => this.write(node, id, urgency, grant)),
      () => {
        this.refused++;
        this.answered++;
      },
    );
  }

  private write(node: VirtualNode, id: string, urgency: Urgency, grant: Grant): void {
    if (!grant.isFresh()) {
      grant.giveBack();
      this.enter(node, id, urgency, this.clock.now());
      return;
    }
    this.wire.push({ id, atMs: this.clock.now(), urgency });
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    grant.sent();
    this.clock.after(this.plan.serviceMs, () => {
      this.running--;
      this.answered++;
      grant.end('success');
      grant.line?.release();
    });
  }
}

/** The shortest time in which more calls than `count` were sent, ms. */
const closestMs = (wire: readonly Send[], count: number): number =>
  Math.min(...wire.slice(count).map(({ atMs }, index) => atMs - wire[index]!.atMs));

/** For each call sent since then, how many more urgent ones waited when it was. */
function passedOverBy(wire: readonly Send[], sinceMs: number): number[] {
  const left = Array<number>(8).fill(0);
  for (const { urgency } of wire) left[urgency]!++;
  return wire.flatMap(({ urgency, atMs }) => {
    left[urgency]!--;
    return atMs < sinceMs ? [] : [left.slice(0, urgency).reduce((sum, count) => sum + count, 0)];
  });
}

/** Those that may go at once go at once, wherever they wait; nobody else goes before a more urgent one. */
function expectInTurn(passedOver: readonly number[], atOnce: number): void {
  const outOfTurn = passedOver.filter((count) => count >= atOnce);
  if (outOfTurn.length > 0) console.log(`${outOfTurn.length} calls went out of turn`);
  expect(outOfTurn.length).toBeLessThanOrEqual(MOST_OUT_OF_TURN);
}

describe.skipIf(!hasRedis)(`${CALLS} calls over three nodes, in virtual time (SEED=${SEED})`, () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  }, 30_000);
  afterAll(() => server.stop(), 30_000);

  /** Nodes of one run must not hear what those of the next one say. */
  const withRun = async (plan: Plan, play: (run: LongRun) => Promise<void>): Promise<void> => {
    const run = await LongRun.start(server.url, plan);
    await play(run).finally(() => run.close());
  };

  /** The share of what the limits let through, after what holds of every run. */
  const report = (name: string, run: LongRun, leastMs: number, passedOver: readonly number[]): number => {
    const { wire } = run;
    const goodput = leastMs / (wire.at(-1)!.atMs - wire[0]!.atMs);
    console.log(
      `${name}: ${wire.length} calls, ${(goodput * 100).toFixed(2)} % of the limit, at most ${run.mostRunning} under ` +
        `way; at most ${Math.max(...passedOver)} more urgent ones waited; ` +
        `${(run.scripts / wire.length).toFixed(2)} scripts a call`,
    );
    expect(run.refused).toBe(0);
    expect(wire).toHaveLength(CALLS);
    expect(new Set(wire.map(({ id }) => id)).size).toBe(CALLS);
    return goodput;
  };

  test('10 per 10s and 1000 per 1d: three days', async () => {
    const limits = [limitOf(10, 10_000), limitOf(1_000, DAY_MS)];
    await withRun({ limits, serviceMs: 50, wayMs: [0.2, 1] }, async (run) => {
      const daily = 1_000;
      const days = CALLS / daily;
      const passedOver: number[] = [];
      for (let day = 0; day < days; day++) {
        // A little before the limit of the day lets the next go: who comes then waits for it.
        const opensAtMs = day === 0 ? 0 : run.wire[(day - 1) * daily]!.atMs + DAY_MS * 1.02;
        await run.pass(Math.max(0, opensAtMs - 5_000 - run.clock.now()));
        const cameMs = run.clock.now();
        await run.play(daily, 10_000);
        passedOver.push(...passedOverBy(run.wire.slice(day * daily), cameMs + SETTLED_MS));
      }
      const leastMs = (days - 1) * DAY_MS + (daily / 10 - 1) * 10_000;
      const [short, long] = [closestMs(run.wire, 10), closestMs(run.wire, daily)];
      const goodput = report('10 per 10s and 1000 per 1d', run, leastMs, passedOver);
      console.log(`closest ${short.toFixed(3)} ms and ${long.toFixed(3)} ms`);
      expect(short).toBeGreaterThanOrEqual(10_000);
      expect(long).toBeGreaterThanOrEqual(DAY_MS);
      expect(goodput).toBeGreaterThanOrEqual(0.97);
      expectInTurn(passedOver, 10);
    });
  }, 60_000);

  test('100 per 1s', async () => {
    await withRun({ limits: [limitOf(100, 1_000)], serviceMs: 50, wayMs: [0.2, 1] }, async (run) => {
      await run.play(CALLS, 100);
      const passedOver = passedOverBy(run.wire, SETTLED_MS);
      const goodput = report('100 per 1s', run, (CALLS / 100 - 1) * 1_000, passedOver);
      const closest = closestMs(run.wire, 100);
      console.log(`closest ${closest.toFixed(3)} ms`);
      expect(closest).toBeGreaterThanOrEqual(1_000);
      expect(goodput).toBeGreaterThanOrEqual(0.97);
      expectInTurn(passedOver, 100);
    });
  }, 60_000);

  test('concurrency: 2', async () => {
    const serviceMs = 100;
    await withRun({ limits: [], concurrency: 2, serviceMs, wayMs: [0.2, 1] }, async (run) => {
      await run.play(CALLS, 100);
      const passedOver = passedOverBy(run.wire, SETTLED_MS);
      const goodput = report('concurrency: 2', run, (CALLS / 2 - 1) * serviceMs, passedOver);
      expect(run.mostRunning).toBe(2);
      expect(goodput).toBeGreaterThanOrEqual(0.97);
      expectInTurn(passedOver, 2);
    });
  }, 60_000);
});
