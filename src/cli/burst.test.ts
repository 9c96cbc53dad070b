import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BurstDocument } from '../caller/burst-document.ts';
import { startSandbox } from '../sandbox/server.ts';
import { systemClock } from '../shared/clock.ts';
import { seededRandom } from '../shared/random.ts';
import { Exited, FakeTerminal } from './burst/fake-terminal.ts';
import { burstCommand } from './burst.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'burst-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(() => server?.stop(true));

/** A gateway that answers as told; returns its URL. */
function gateway(answer: (query: URLSearchParams, call: number) => Response | Promise<Response>): string {
  let call = 0;
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: (request) => answer(new URL(request.url).searchParams, call++),
  });
  return `http://127.0.0.1:${server.port}/proxy/score`;
}

async function run(args: string[], terminal = new FakeTerminal()) {
  const host = { terminal, clock: systemClock, random: seededRandom(3) };
  try {
    await burstCommand(host).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof Exited)) throw error;
  }
  return terminal;
}

function refusal(code: string): Response {
  return new Response(JSON.stringify({ code }), {
    status: 503,
    headers: { 'content-type': 'application/problem+json' },
  });
}

describe('comporta burst', () => {
  test('--json prints one document with everything in it', async () => {
    const url = gateway((query) => {
      if (query.get('priority') === '0') return refusal('queue_full');
      return new Response('{}', { headers: { 'cache-status': 'comporta; hit' } });
    });
    const flags = ['--count', '40', '--priority-mix', '10%:0,20%:5', '--no-sandbox', '--json', '--seed', '4'];
    const file = join(folder, 'report.json');
    const terminal = await run(['--url', url, '--concurrency', '8', '--out', file, ...flags]);
    const report = JSON.parse(terminal.stdout) as BurstDocument;
    expect(report).toEqual({
      url,
      count: 40,
      concurrency: 8,
      seed: 4,
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      aborted: false,
      totalMs: expect.any(Number),
      ratePerSec: expect.any(Number),
      completed: 40,
      succeeded: 36,
      failed: 4,
      unfinished: 0,
      failures: { queue_full: 4 },
      latencyMs: expect.any(Object),
      urgencies: [
        { urgency: 0, calls: 4, succeeded: 0, latencyMs: expect.any(Object) },
        { urgency: 5, calls: 8, succeeded: 8, latencyMs: expect.any(Object) },
        { urgency: null, calls: 28, succeeded: 28, latencyMs: expect.any(Object) },
      ],
      cacheHits: 36,
      sandbox: null,
    });
    const { p50, p95, p99, max } = report.latencyMs!;
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((one, other) => one - other));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(report);
    expect(terminal.exitCode).toBe(1);
  });

  test('exits 0 when every call succeeded; without --json it speaks plainly', async () => {
    const url = gateway(() => new Response('{}'));
    const terminal = await run(['--url', url, '--count', '5', '--no-sandbox', '--seed', '1']);
    expect(terminal.exitCode).toBe(0);
    expect(terminal.stdout).toStartWith('5 of 5 calls succeeded in ');
    expect(terminal.stdout).toMatch(
      /^latency +p50 [\d.]+ms {2}p95 [\d.]+ms {2}p99 [\d.]+ms {2}max [\d.]+ms$/m,
    );
    expect(terminal.stdout).toMatch(/^failures +0$/m);
    expect(terminal.stdout).toMatch(/^seed +1$/m);
    expect(terminal.stdout).not.toContain('\x1b');
    expect(terminal.stderr).toBe('');
    expect(terminal.listening).toBe(0);
  });

  test('colours only where they are wanted', async () => {
    const url = gateway(() => new Response('{}'));
    const terminal = await run(['--url', url, '--count', '1', '--no-sandbox'], new FakeTerminal(false, true));
    expect(terminal.stdout).toContain('\x1b[32m1 of 1 calls succeeded');
  });

  test('reports what the sandbox saw of this run only, and a violation is a failure', async () => {
    const sandbox = await startSandbox({
      listen: { host: '127.0.0.1', port: 0 },
      clock: systemClock,
      externalFailRate: 0,
      externalLatencyMs: 0,
      scoreRate: { count: 1, windowMs: 60_000 },
      penaltyMs: 0,
    });
    try {
      const through = (query: URLSearchParams) =>
        fetch(`${sandbox.url}/api/score?cpf=${query.get('cpf')}`, { headers: { 'client-id': 'x' } });
      await through(new URLSearchParams({ cpf: '12345678909' }));
      const url = gateway(async (query) => {
        await through(query);
        return new Response('{}');
      });
      const flags = ['--url', url, '--count', '3', '--sandbox', `${sandbox.url}/`];
      const terminal = await run([...flags, '--json']);
      const { sandbox: verdict } = JSON.parse(terminal.stdout) as BurstDocument;
      expect(verdict).toEqual({
        url: sandbox.url,
        rate: { count: 1, windowMs: 60_000 },
        arrivals: 3,
        closestSpacingMs: sandbox.report({ sinceMs: sandbox.report().arrivals[1]!.atMs }).closestSpacingMs,
        violations: 3,
      });
      expect(terminal.exitCode).toBe(1);
      expect(terminal.stderr).toContain('refuses every call');
      sandbox.reset();
      const text = await run(flags);
      expect(text.stdout).toContain(`the sandbox at ${sandbox.url} (allows 1 per 1m) saw`);
      expect(text.stdout).toMatch(/^arrivals +3$/m);
      expect(text.stdout).toMatch(/^closest spacing +\d+\.\d{3}ms$/m);
      expect(text.stdout).toMatch(/^violations +2$/m);
    } finally {
      await sandbox.stop();
    }
  });

  test('a sandbox that was named must be there', async () => {
    const url = gateway(() => new Response('{}'));
    const nobody = new URL('/none', url).href;
    const terminal = await run(['--url', url, '--count', '1', '--sandbox', nobody]);
    expect(terminal.exitCode).toBe(69);
    expect(terminal.stderr).toBe(`no sandbox answers at ${nobody}/sandbox/report\n`);
    expect(terminal.stdout).toBe('');
  });

  test('a gateway that is not there is one clear line and exit 69', async () => {
    const url = gateway(() => new Response('{}'));
    await server?.stop(true);
    const terminal = await run(['--url', url, '--no-sandbox']);
    expect(terminal.exitCode).toBe(69);
    expect(terminal.stderr).toBe(
      `nothing listens at ${new URL(url).origin}; start the gateway with \`npm start\`\n`,
    );
  });

  test('Ctrl-C prints what there is and exits 130; a second one ends at once', async () => {
    let arrived = 0;
    const url = gateway((_, call) => {
      arrived += 1;
      return call < 2 ? new Response('{}') : new Promise<Response>(() => {});
    });
    const terminal = new FakeTerminal();
    const running = run(
      ['--url', url, '--count', '9', '--concurrency', '4', '--no-sandbox', '--json'],
      terminal,
    );
    while (arrived < 6) await Bun.sleep(1);
    terminal.interrupt();
    expect(() => terminal.interrupt()).toThrow(new Exited(130));
    await running;
    expect(JSON.parse(terminal.stdout)).toMatchObject({
      aborted: true,
      completed: 2,
      succeeded: 2,
      failed: 0,
      unfinished: 7,
    });
    expect(terminal.exitCode).toBe(130);
  });

  test.each([
    [['--count', '0'], 'from 1 to 100000'],
    [['--count', '100001'], 'from 1 to 100000'],
    [['--count', '1.5'], 'from 1 to 100000'],
    [['--concurrency', '10001'], 'from 1 to 10000'],
    [['--priority-mix', '10%:9'], 'the priority in "10%:9" must be 0 to 7'],
    [['--rate', 'fast'], 'Give a rate as 20/s'],
    [['--timeout', '30'], 'Give a duration as 500ms'],
    [['--url', 'ftp://x'], 'http:// or https://'],
    [['--seed', '-1'], 'from 0 to 4294967295'],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['extra'], 'too many arguments'],
  ])('%j is wrong usage: exit 64', async (args, message) => {
    const terminal = await run(args);
    expect(terminal.exitCode).toBe(64);
    expect(terminal.stderr).toContain(message);
    expect(terminal.stdout).toBe('');
  });

  test('a file that cannot be written is told before the run', async () => {
    let called = false;
    const url = gateway(() => {
      called = true;
      return new Response('{}');
    });
    const terminal = await run(['--url', url, '--no-sandbox', '--out', join(folder, 'none', 'report.json')]);
    expect(terminal.exitCode).toBe(73);
    expect(terminal.stderr).toMatch(/^cannot write .*report\.json: .*\n$/);
    expect(called).toBe(false);
  });

  test('--help shows examples and exits 0', async () => {
    const terminal = await run(['--help']);
    expect(terminal.exitCode).toBe(0);
    expect(terminal.stdout).toContain('comporta burst --count 50 --priority-mix 10%:0');
  });
});
