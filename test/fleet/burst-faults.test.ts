import { describe, expect, test } from 'bun:test';
import { cpfAt } from '../../src/shared/cpf.ts';
import { runCli } from '../support/cli.ts';
import { startFleet, type TestFleet } from '../support/fleet.ts';
import { postgresPrograms, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { hasRedis } from '../support/redis.ts';
import { call, score, until } from '../support/score.ts';
import { watchForStalls } from '../support/stall-witness.ts';

/**
 * One burst, and every part of the fleet is killed while it goes on: a gateway, Redis, PostgreSQL. The sandbox's own
 * report is the judge.
 */

const COUNT = 100;
/** What the sandbox allows, so that a hundred calls do not take a hundred seconds. */
const SPACING_MS = 150;
/** The guard that `1 per 1s` has, 20 ms: the sandbox reads as late as ever, however fast it lets calls come. */
const GUARD_MS = 20;
const MOST_RUNS = 3;
const VICTIM = 2;

interface Fault {
  readonly name: string;
  /** How many calls the sandbox has seen by then. */
  readonly afterCalls: number;
  strike(): Promise<void>;
}

/** Calls at a node, one after another, until told to stop; how many were made. */
function keepCalling(url: string, from: number): () => Promise<number> {
  let isOver = false;
  let made = 0;
  const caller = (async () => {
    while (!isOver) {
      const { status } = await score(url, cpfAt(from + made++)).catch(() => ({ status: 0 }));
      if (status !== 200) await Bun.sleep(100);
    }
    return made;
  })();
  return () => {
    isOver = true;
    return caller;
  };
}

/** Strikes when it is time; resolves to how long the sandbox saw no call from the end of the fault on, ms. */
async function suffer(fleet: TestFleet, fault: Fault): Promise<number> {
  await until(async () => (await fleet.sandbox.report()).arrivalCount >= fault.afterCalls, 30_000);
  await fault.strike();
  const overMs = (await fleet.sandbox.report()).nowMs;
  await until(async () => (await fleet.sandbox.report(overMs)).arrivalCount > 0, 15_000);
  return (await fleet.sandbox.report(overMs)).arrivals[0]!.atMs - overMs;
}

async function run(postgres: TestPostgres | undefined) {
  const fleet = await startFleet(
    3,
    {
      RATE_LIMIT_SECONDS: String((SPACING_MS + GUARD_MS) / 1_000),
      ...(postgres === undefined ? {} : { DATABASE_URL: await postgres.database(`burst${Date.now()}`) }),
    },
    ['--rate', `1 per ${SPACING_MS}ms`],
  );
  const machine = watchForStalls();
  try {
    const [target, second, victim] = fleet.nodes.map(({ url }) => url) as [string, string, string];
    const stops = [second, second, victim, victim].map((url, index) =>
      keepCalling(url, 100_000 * (index + 1)),
    );
    const bursting = runCli([
      ...['burst', '--json', '--count', String(COUNT), '--seed', '7'],
      ...['--url', `${target}/proxy/score`, '--sandbox', fleet.sandbox.url],
    ]);
    const faults: Fault[] = [
      {
        name: 'gateway killed',
        afterCalls: 20,
        strike: async () => {
          fleet.nodes[VICTIM]!.kill('SIGKILL');
          await fleet.nodes[VICTIM]!.exited;
        },
      },
      { name: 'Redis killed, empty again', afterCalls: 45, strike: () => fleet.redis.restart() },
    ];
    if (postgres !== undefined) {
      faults.push(
        { name: 'PostgreSQL killed', afterCalls: 70, strike: () => postgres.kill() },
        { name: 'PostgreSQL there again', afterCalls: 80, strike: () => postgres.start() },
      );
    }
    const resumed: string[] = [];
    for (const fault of faults) {
      const resumedMs = await suffer(fleet, fault);
      resumed.push(`${fault.name}: next call ${resumedMs.toFixed(0)} ms after`);
      expect(resumedMs).toBeLessThan(6_000);
    }
    const { code, stdout } = await bursting;
    const made = await Promise.all(stops.map((stop) => stop()));
    const document = JSON.parse(stdout);
    const { sandbox, completed, succeeded, failures, totalMs } = document;
    const whole = await fleet.sandbox.report();
    console.log(
      `burst of ${COUNT}: ${succeeded} answered in ${totalMs.toFixed(0)} ms, ${JSON.stringify(failures)}; ` +
        `${sandbox.violations} violations, closest ${sandbox.closestSpacingMs} ms, ${whole.arrivalCount} arrivals; ` +
        `${resumed.join('; ')}; machine stood still ${machine.longestMs().toFixed(0)} ms`,
    );
    // The burst was still going on when the last fault was over.
    expect(whole.arrivalCount).toBeGreaterThan(faults.at(-1)!.afterCalls + 5);
    const calls = made.reduce((sum, count) => sum + count, COUNT);
    return {
      code,
      completed,
      succeeded,
      sandbox,
      whole,
      calls,
      stalledMs: machine.longestMs(),
      fleet: await survivors(fleet),
    };
  } finally {
    machine.stop();
    await fleet.stop();
  }
}

/** How the nodes that are left say they are. */
const survivors = (fleet: TestFleet): Promise<string[]> =>
  Promise.all(
    fleet.nodes.slice(0, VICTIM).map(async ({ url }) => {
      await until(async () => (await call(`${url}/readyz`)).json.status === 'ready');
      return (await call(`${url}/readyz`)).json.status as string;
    }),
  );

describe.skipIf(!hasRedis)('`comporta burst` through a fleet of three', () => {
  test(`with each part killed in turn${postgresPrograms() === undefined ? ' (no PostgreSQL here)' : ''}: 0 violations`, async () => {
    const postgres = postgresPrograms() === undefined ? undefined : await startPostgres();
    try {
      for (let attempt = 1; ; attempt++) {
        const { completed, succeeded, sandbox, whole, calls, stalledMs, fleet } = await run(postgres);
        // While the machine stands still the judge reads late, too: such a run says nothing about the gateways.
        if (sandbox.violations > 0 && stalledMs > GUARD_MS && attempt < MOST_RUNS) continue;
        expect(sandbox.violations).toBe(0);
        expect(whole.violations).toBe(0);
        expect(sandbox.closestSpacingMs).toBeGreaterThanOrEqual(SPACING_MS);
        expect(completed).toBe(COUNT);
        // Who comes while Redis is away is refused; who waits waits on.
        expect(succeeded).toBeGreaterThanOrEqual(COUNT * 0.9);
        // Nothing was sent that nobody asked for, nor sent again.
        expect(whole.arrivalCount).toBeLessThanOrEqual(calls);
        expect(fleet).toEqual(['ready', 'ready']);
        return;
      }
    } finally {
      await postgres?.stop();
    }
  }, 180_000);
});
