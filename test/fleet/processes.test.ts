import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { cpfAt } from '../../src/shared/cpf.ts';
import { adminOf } from '../support/admin.ts';
import { runCli, spawnCli } from '../support/cli.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { call, SHIPPED, score, until } from '../support/score.ts';
import { startProcess } from '../support/started.ts';

/** `comporta start --processes`: one port, several processes. */

test('without a Redis it says why not, and what to do', async () => {
  const { code, stderr } = await runCli(['start', '--config', SHIPPED, '--processes', '2']);
  expect(code).toBe(64);
  expect(stderr).toContain('--processes needs a Redis');
  expect(stderr).toContain('REDIS_URL=');
  const wrong = await runCli(['start', '--config', SHIPPED, '--processes', 'many']);
  expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('this machine has')]);
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const childrenOf = (pid: number): number[] => {
  try {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return listed.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

interface Node {
  readonly pid: number;
  readonly url: string;
  readonly admin_url: string | null;
}

describe.skipIf(!hasRedis)('several processes', () => {
  test('share the port, pace as one, replace who dies, and end together', async () => {
    const redis = await startRedis();
    const started = await startProcess(['--processes', '2'], { env: { REDIS_URL: redis.url } });
    try {
      const { get } = adminOf(started.adminUrl);
      const nodes = async (): Promise<Node[]> =>
        (await get('/fleet')
          .then(({ json }) => json?.nodes as Node[] | undefined)
          .catch(() => undefined)) ?? [];
      await until(async () => (await nodes()).length === 2);
      const first = await nodes();
      expect(new Set(first.map(({ url }) => url))).toEqual(new Set([started.url]));
      expect(first.map(({ admin_url: url }) => url).sort()).toEqual([started.adminUrl, null]);
      expect(first.map(({ pid }) => pid)).not.toContain(started.pid);

      // The judge's own first answer takes it longer than the guard; then one connection each, which the system shares out.
      await call(`${started.sandboxUrl}/api/score?cpf=${cpfAt(9)}`);
      const judge = async () => (await call(`${started.sandboxUrl}/sandbox/report`)).json;
      await until(async () => {
        const { nowMs, arrivals } = await judge();
        return nowMs - arrivals[0].atMs > 1_000;
      });
      const answers = await Promise.all(
        Array.from({ length: 4 }, (_, index) =>
          score(started.url, cpfAt(index), '', { connection: 'close' }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const report = await judge();
      expect(report).toMatchObject({ violations: 0, arrivalCount: 5 });
      expect(report.closestSpacingMs).toBeGreaterThanOrEqual(1_000);

      // Whoever dies is replaced; with the admin API, on the same address.
      for (const withAdmin of [false, true]) {
        const victim = (await nodes()).find(({ admin_url: url }) => (url !== null) === withAdmin)!;
        process.kill(victim.pid, 'SIGKILL');
        await until(() => !isAlive(victim.pid));
        await until(async () => {
          const now = await nodes();
          return now.length === 2 && now.every(({ pid }) => pid !== victim.pid);
        }, 20_000);
      }
      const last = await nodes();
      expect(last.map(({ admin_url: url }) => url).sort()).toEqual([started.adminUrl, null]);
      expect((await score(started.url, cpfAt(1))).status).toBe(200);

      started.kill('SIGTERM');
      expect(await started.exited).toBe(0);
      expect(last.map(({ pid }) => isAlive(pid))).toEqual([false, false]);
    } finally {
      started.kill('SIGKILL');
      await redis.stop();
    }
  }, 90_000);

  test('whose parent is killed drain and end', async () => {
    const redis = await startRedis();
    const started = await startProcess(['--processes', '2'], { env: { REDIS_URL: redis.url } });
    const { get } = adminOf(started.adminUrl);
    try {
      await until(async () => (await get('/fleet')).json.nodes.length === 2);
      const pids: number[] = (await get('/fleet')).json.nodes.map(({ pid }: Node) => pid);
      started.kill('SIGKILL');
      await until(() => pids.every((pid) => !isAlive(pid)), 15_000);
    } finally {
      await redis.stop();
    }
  }, 60_000);

  test.each([1, 2])(
    'SIGTERM before they listen, with %d of them started, ends all with exit code 0',
    async (count) => {
      const redis = await startRedis();
      const env = {
        LISTEN: '127.0.0.1:0',
        ADMIN_LISTEN: '127.0.0.1:0',
        SANDBOX_LISTEN: '127.0.0.1:0',
        REDIS_URL: redis.url,
      };
      const parent = spawnCli(['start', '--config', SHIPPED, '--processes', '2'], { env });
      try {
        // The sandbox is the first one.
        await until(() => childrenOf(parent.pid).length >= count);
        const pids = childrenOf(parent.pid);
        parent.kill('SIGTERM');
        expect(await parent.exited).toBe(0);
        expect(await new Response(parent.stderr).text()).not.toContain('is ready');
        expect(pids.filter(isAlive)).toEqual([]);
      } finally {
        parent.kill('SIGKILL');
        await redis.stop();
      }
    },
    30_000,
  );

  test('one that hangs is killed soon after a second signal', async () => {
    const redis = await startRedis();
    const started = await startProcess(['--processes', '2'], { env: { REDIS_URL: redis.url } });
    const hung = childrenOf(started.pid).at(-1)!;
    try {
      process.kill(hung, 'SIGSTOP');
      started.kill('SIGTERM');
      await Bun.sleep(400);
      expect(isAlive(hung)).toBe(true);
      started.kill('SIGTERM');
      expect(await started.exited).toBe(0);
      expect(isAlive(hung)).toBe(false);
    } finally {
      if (isAlive(hung)) process.kill(hung, 'SIGKILL');
      started.kill('SIGKILL');
      await redis.stop();
    }
  }, 30_000);
});
