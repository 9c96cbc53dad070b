import { describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { startTrial, type Trial, type TrialOptions } from '../support/fleet-trial.ts';
import { judgeRate, sentTwice } from '../support/judge.ts';
import { POSTGRES_MISSING, postgresPrograms, startPostgres } from '../support/postgres.ts';
import { hasRedis } from '../support/redis.ts';
import { until } from '../support/score.ts';

/**
 * Parts of a fleet fail while calls go on at every node. Each time: never a call too early at the provider, none sent
 * twice, no caller held past its deadline, and everything goes on by itself.
 */

const SPACING_MS = 400;
const MAX_WAIT_MS = 8_000;

const setUp: Omit<TrialOptions, 'limits'> = {
  nodes: 3,
  maxWait: `${MAX_WAIT_MS}ms`,
};

const epochMs = (): number => performance.timeOrigin + performance.now();

/** Runs a fault that is over when `fault` resolves, and holds what happened to the issue. */
async function suffer(
  name: string,
  fault: (trial: Trial) => Promise<void>,
  options: Partial<TrialOptions> & {
    readonly resumedWithinMs: number;
    /** Whether some node serves during the fault. */
    readonly servesOn?: boolean;
    readonly spacingMs?: number;
  },
): Promise<Trial['ended']> {
  const { spacingMs = SPACING_MS } = options;
  const trial = await startTrial({ ...setUp, limits: [`1 per ${spacingMs}ms`], ...options });
  try {
    const stopFlood = trial.flood(3);
    await Bun.sleep(2_000);
    const beganMs = epochMs();
    await fault(trial);
    const overMs = epochMs();
    await Bun.sleep(options.resumedWithinMs + 2_000);
    await stopFlood();
    const { arrivals } = await trial.judge.report();
    const after = arrivals.filter(({ atMs }) => atMs > overMs);
    const resumedMs = (after[0]?.atMs ?? Number.POSITIVE_INFINITY) - overMs;
    const during = arrivals.filter(({ atMs }) => atMs > beganMs && atMs < overMs).length;
    const { violations, readTooEarly, closestMs } = judgeRate(arrivals, 1, spacingMs);
    const longestMs = Math.max(...trial.ended.map(({ tookMs }) => tookMs));
    const failures: Record<string, number> = {};
    for (const { status, code } of trial.ended) {
      if (status !== 200) failures[code ?? 'connection'] = (failures[code ?? 'connection'] ?? 0) + 1;
    }
    let gapMs = 0;
    for (let index = 1; index < arrivals.length; index++) {
      gapMs = Math.max(gapMs, arrivals[index]!.atMs - arrivals[index - 1]!.atMs);
    }
    console.log(
      `${name}: ${arrivals.length} arrivals, ${violations} violations (${readTooEarly} read too early), closest ` +
        `${closestMs.toFixed(1)} ms; ${during} during ${(overMs - beganMs).toFixed(0)} ms of fault; resumed ` +
        `${resumedMs.toFixed(0)} ms after; longest gap ${gapMs.toFixed(0)} ms; longest caller ` +
        `${longestMs.toFixed(0)} ms; ${JSON.stringify(failures)}`,
    );
    expect(violations).toBe(0);
    expect(sentTwice(arrivals)).toEqual([]);
    expect(longestMs).toBeLessThan(MAX_WAIT_MS + 2_000);
    expect(resumedMs).toBeLessThan(options.resumedWithinMs);
    if (options.servesOn === true) expect(gapMs).toBeLessThan(options.resumedWithinMs);
    // At the end as before: the last second was not idle.
    expect(after.length).toBeGreaterThanOrEqual(2_000 / SPACING_MS - 2);
    // Whoever was answered was sent, once.
    const sent = new Set(arrivals.map(({ id }) => id));
    expect(trial.ended.filter(({ id, status }) => status === 200 && !sent.has(id))).toEqual([]);
    return [...trial.ended];
  } finally {
    await trial.stop();
  }
}

const commandOf = async (trial: Trial, ...words: [string, ...string[]]): Promise<void> => {
  const client = new Redis({ port: trial.redis.port, host: '127.0.0.1' });
  await client.call(...words);
  client.disconnect();
};

describe.skipIf(!hasRedis)('a fleet goes on, as strict as before, when', () => {
  test('a node is killed with tickets and grants', async () => {
    await suffer(
      'node killed',
      async (trial) => {
        trial.nodes[1]!.kill('SIGKILL');
        await trial.nodes[1]!.exited;
      },
      { resumedWithinMs: 6_000, servesOn: true },
    );
  }, 60_000);

  test('a node stands still for 5 s and continues', async () => {
    const ended = await suffer(
      'node stopped 5 s',
      async (trial) => {
        trial.nodes[1]!.kill('SIGSTOP');
        await Bun.sleep(5_000);
        trial.nodes[1]!.kill('SIGCONT');
      },
      { resumedWithinMs: 3_000, servesOn: true },
    );
    expect(ended.filter(({ node, status }) => node === 1 && status === 200).length).toBeGreaterThan(0);
  }, 60_000);

  test('Redis starts again, empty', async () => {
    await suffer('Redis empty', (trial) => trial.redis.restart(), { resumedWithinMs: 4_000 });
  }, 60_000);

  test('Redis starts again with its data', async () => {
    await suffer('Redis with data', (trial) => trial.redis.restart(), {
      resumedWithinMs: 4_000,
      redisOptions: ['--appendonly', 'yes', '--appendfsync', 'always'],
    });
  }, 60_000);

  test('Redis is away for 5 s', async () => {
    await suffer(
      'Redis away 5 s',
      async (trial) => {
        await trial.redis.kill();
        await Bun.sleep(5_000);
        await trial.redis.restart();
      },
      { resumedWithinMs: 4_000 },
    );
  }, 60_000);

  test('Redis stands still for 5 s', async () => {
    await suffer(
      'Redis stopped 5 s',
      async (trial) => {
        process.kill(trial.redis.pid, 'SIGSTOP');
        await Bun.sleep(5_000);
        process.kill(trial.redis.pid, 'SIGCONT');
      },
      { resumedWithinMs: 4_000 },
    );
  }, 60_000);

  test('Redis is slow: 200 ms each way', async () => {
    await suffer(
      'Redis slow',
      async (trial) => {
        trial.wire.slowDown(200);
        await Bun.sleep(6_000);
        trial.wire.slowDown(0);
      },
      { resumedWithinMs: 3_000 },
    );
  }, 60_000);

  test('the scripts are flushed', async () => {
    await suffer('scripts flushed', (trial) => commandOf(trial, 'SCRIPT', 'FLUSH'), {
      resumedWithinMs: 2_000,
      servesOn: true,
    });
  }, 60_000);

  test('everything is flushed', async () => {
    await suffer('data flushed', (trial) => commandOf(trial, 'FLUSHALL'), { resumedWithinMs: 4_000 });
  }, 60_000);

  test('all connections to Redis break, again and again', async () => {
    await suffer(
      'connections broken',
      async (trial) => {
        for (let times = 0; times < 15; times++) {
          await commandOf(trial, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
          await Bun.sleep(300);
        }
      },
      { resumedWithinMs: 3_000 },
    );
  }, 60_000);

  test('the memory of Redis is full', async () => {
    await suffer(
      'memory full 4 s',
      async (trial) => {
        await commandOf(trial, 'CONFIG', 'SET', 'maxmemory', '1');
        await Bun.sleep(4_000);
        await commandOf(trial, 'CONFIG', 'SET', 'maxmemory', '0');
      },
      { resumedWithinMs: 4_000 },
    );
  }, 60_000);

  test('its nodes are started anew, one by one', async () => {
    const ended = await suffer(
      'rolling restart',
      async (trial) => {
        for (const node of [0, 1, 2]) {
          await trial.nodes[node]!.stop();
          await trial.replace(node);
        }
      },
      { resumedWithinMs: 3_000, servesOn: true },
    );
    expect(ended.at(-1)?.status).toBe(200);
  }, 60_000);

  test('subscriptions break, again and again', async () => {
    await suffer(
      'subscriptions broken',
      async (trial) => {
        for (let times = 0; times < 20; times++) {
          await commandOf(trial, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
          await Bun.sleep(200);
        }
      },
      { resumedWithinMs: 2_000, servesOn: true },
    );
  }, 60_000);

  test('nodes stand still for a moment, one after the other, also between a grant and its write', async () => {
    await suffer(
      'nodes stutter',
      async (trial) => {
        for (let times = 0; times < 60; times++) {
          const node = trial.nodes[times % 3]!;
          node.kill('SIGSTOP');
          await Bun.sleep(60 + 7 * (times % 13));
          node.kill('SIGCONT');
          await Bun.sleep(20 + 3 * (times % 7));
        }
      },
      { resumedWithinMs: 2_000, servesOn: true, spacingMs: 100 },
    );
  }, 60_000);

  test('a node is killed in the middle of its calls: their places are free again, and never too many', async () => {
    const trial = await startTrial({ ...setUp, limits: [], concurrency: 2 });
    try {
      const stopFlood = trial.flood(3, '&hold=300');
      await Bun.sleep(1_500);
      await until(async () => (await trial.judge.report()).arrivals.at(-1)!.id.startsWith('1-'));
      trial.nodes[1]!.kill('SIGKILL');
      await trial.nodes[1]!.exited;
      const killedMs = epochMs();
      await Bun.sleep(8_000);
      await stopFlood();
      const { arrivals, mostAtOnce } = await trial.judge.report();
      // Two at once are more than one a hold.
      const full = arrivals.findIndex(
        ({ atMs }, index) => atMs > killedMs && (arrivals[index + 4]?.atMs ?? Number.NaN) - atMs < 4 * 250,
      );
      console.log(
        `node killed in its calls: ${mostAtOnce} at once at most; at full speed ` +
          `${((arrivals[full]?.atMs ?? Number.NaN) - killedMs).toFixed(0)} ms after`,
      );
      expect(mostAtOnce).toBe(2);
      expect(sentTwice(arrivals)).toEqual([]);
      expect(full).toBeGreaterThan(0);
    } finally {
      await trial.stop();
    }
  }, 60_000);

  test.skipIf(postgresPrograms() === undefined)(
    `PostgreSQL is away for 10 s (${postgresPrograms() === undefined ? POSTGRES_MISSING : 'nobody notices'})`,
    async () => {
      const postgres = await startPostgres();
      try {
        await suffer(
          'PostgreSQL away 10 s',
          async () => {
            await postgres.kill();
            await Bun.sleep(10_000);
            await postgres.start();
          },
          { resumedWithinMs: 2_000, servesOn: true, databaseUrl: await postgres.database('fleet') },
        );
      } finally {
        await postgres.stop();
      }
    },
    60_000,
  );
});
