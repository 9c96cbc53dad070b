import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpfAt } from '../../src/shared/cpf.ts';
import { ROOT, readUntil } from '../support/cli.ts';
import { call, SHIPPED, score, until } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** How a running product ends. Calls are paced at one in 300 ms, so that some wait when the signal comes. */
const PACED = { RATE_LIMIT_SECONDS: '0.3' };

/** Calls that are in the gateway's queue when this resolves. */
async function waitingCalls(gateway: Started, count: number) {
  const calls = Array.from({ length: count }, (_, index) => score(gateway.url, cpfAt(index)));
  await until(async () => (await call(`${gateway.url}/metrics`)).json.in_flight === count);
  return calls;
}

/** An upstream that is not the sandbox, which would judge 300 ms too soon. */
function patientUpstream() {
  return Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ score: 1 }) });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const refusesConnections = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => false,
    () => true,
  );

describe('SIGTERM with calls in the queue', () => {
  test.concurrent('they end, /readyz says draining, new calls get 503 draining, and the exit code is 0', async () => {
    const upstream = patientUpstream();
    const gateway = await startProcess([], { env: { ...PACED, SCORE_API_URL: upstream.url.href } });
    const calls = await waitingCalls(gateway, 6);
    gateway.kill('SIGTERM');
    await until(async () => (await call(`${gateway.url}/readyz`)).status === 503);
    const ready = await call(`${gateway.url}/readyz`);
    expect(ready.json).toEqual({ status: 'draining' });
    expect((await call(`${gateway.url}/livez`)).status).toBe(200);
    expect((await call(`${gateway.url}/metrics`)).json.system_status).toBe('draining');
    const refused = await score(gateway.url, cpfAt(50));
    expect({ status: refused.status, code: refused.json.code }).toEqual({ status: 503, code: 'draining' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await gateway.exited).toBe(0);
    expect(await refusesConnections(gateway.url)).toBe(true);
    await upstream.stop(true);
  }, 20_000);

  test.concurrent('a second one ends it at once', async () => {
    const gateway = await startProcess([], { env: { SCORE_API_URL: 'sandbox:' } });
    const calls = (await waitingCalls(gateway, 20)).map((answer) =>
      answer.then(
        () => 'answered',
        () => 'cut off',
      ),
    );
    gateway.kill('SIGTERM');
    await until(async () => (await call(`${gateway.url}/readyz`)).status === 503);
    // Signals within 250 ms of each other are one keystroke.
    await Bun.sleep(400);
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(143);
    expect((await Promise.all(calls)).filter((end) => end === 'cut off').length).toBeGreaterThan(10);
    await until(() => refusesConnections(gateway.sandboxUrl!), 2_000);
  }, 20_000);

  test.concurrent('an idle gateway ends at once, its sandbox with it', async () => {
    const gateway = await startProcess();
    gateway.kill('SIGINT');
    expect(await gateway.exited).toBe(0);
    expect(await refusesConnections(gateway.sandboxUrl!)).toBe(true);
  }, 10_000);
});

test.concurrent('after kill -9 of the gateway the sandbox is gone within 2 s', async () => {
  const gateway = await startProcess();
  expect(await refusesConnections(`${gateway.sandboxUrl}/sandbox/report`)).toBe(false);
  gateway.kill('SIGKILL');
  await gateway.exited;
  await until(() => refusesConnections(`${gateway.sandboxUrl}/sandbox/report`), 2_000);
}, 10_000);

/** `npx comporta start`: a Node launcher between the signal and the gateway. */
async function launch(env: Record<string, string>, command = ['bin/comporta.mjs', 'start']) {
  const [script, ...args] = command;
  const cwd = mkdtempSync(join(tmpdir(), 'comporta-launch-'));
  const child = Bun.spawn({
    cmd: ['node', join(ROOT, script!), ...args, '--config', SHIPPED],
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      NO_COLOR: '1',
      LISTEN: '127.0.0.1:0',
      ADMIN_LISTEN: '127.0.0.1:0',
      SANDBOX_LISTEN: '127.0.0.1:0',
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const said = await readUntil(child.stderr, /try .*\n/);
  const url = /gateway +(\S+)/.exec(said)![1]!;
  const exited = child.exited.then((code) => {
    rmSync(cwd, { recursive: true, force: true });
    return code;
  });
  return { child, url, exited };
}

describe('through the launcher', () => {
  test.concurrent('SIGTERM lets a waiting call end and exits 0', async () => {
    const upstream = patientUpstream();
    const { child, url, exited } = await launch({ ...PACED, SCORE_API_URL: upstream.url.href });
    const calls = [1, 2, 3, 4].map((index) => score(url, cpfAt(index)));
    await until(async () => (await call(`${url}/metrics`)).json.in_flight > 1);
    child.kill('SIGTERM');
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await exited).toBe(0);
    await until(() => refusesConnections(url), 2_000);
    await upstream.stop(true);
  }, 20_000);

  test.concurrent('`npm start` runs the same launcher', async () => {
    const { child, url, exited } = await launch({}, ['scripts/start.mjs']);
    expect((await score(url, cpfAt(1))).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    await until(() => refusesConnections(url), 2_000);
  }, 10_000);

  test.concurrent('Ctrl-C, which a terminal sends to launcher and gateway alike, counts once', async () => {
    const upstream = patientUpstream();
    const { child, url, exited } = await launch({ ...PACED, SCORE_API_URL: upstream.url.href });
    const calls = [1, 2, 3, 4].map((index) => score(url, cpfAt(index)));
    await until(async () => (await call(`${url}/metrics`)).json.in_flight > 1);
    const gatewayPid = await childOf(child.pid);
    process.kill(gatewayPid, 'SIGINT');
    child.kill('SIGINT');
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await exited).toBe(0);
    expect(isAlive(gatewayPid)).toBe(false);
    await upstream.stop(true);
  }, 20_000);
});

async function childOf(pid: number): Promise<number> {
  const children = await Bun.file(`/proc/${pid}/task/${pid}/children`).text();
  return Number(children.trim().split(' ')[0]);
}
