import { describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../shared/clock.ts';
import { systemRandom } from '../shared/random.ts';
import { Exited, FakeTerminal } from './burst/fake-terminal.ts';
import { sandboxCommand } from './sandbox.ts';

/** Starts the command in this process; `endStdin` ends what it takes for its stdin. */
function start(args: string[]) {
  const terminal = new FakeTerminal();
  let endStdin = () => {};
  const onStdinEnd = (listener: () => void) => {
    endStdin = listener;
    return () => {};
  };
  const host = { terminal, clock: systemClock, random: systemRandom, onStdinEnd };
  const running = sandboxCommand(host)
    .parseAsync(args, { from: 'user' })
    .catch((error: unknown) => {
      if (!(error instanceof Exited)) throw error;
    });
  return { terminal, running, endStdin: () => endStdin() };
}

async function urlOf(terminal: FakeTerminal): Promise<string> {
  while (!terminal.stderr.includes('\n')) await Bun.sleep(1);
  return /sandbox upstream at (\S+)/.exec(terminal.stderr)![1]!;
}

describe('comporta sandbox', () => {
  test('says where it listens, serves as its flags say, and ends on Ctrl-C', async () => {
    const { terminal, running } = start([
      '--listen',
      '127.0.0.1:0',
      '--rate',
      '5 per 2s',
      '--penalty',
      '3s',
      '--external-fail-rate',
      '1',
      '--external-latency',
      '0ms',
    ]);
    const url = await urlOf(terminal);
    expect(terminal.stdout).toBe('');
    expect(await (await fetch(`${url}/sandbox/report`)).json()).toMatchObject({
      rate: { count: 5, windowMs: 2_000 },
      penaltyMs: 3_000,
    });
    expect((await fetch(`${url}/external-api/process`, { method: 'POST', body: '{}' })).status).toBe(500);
    terminal.interrupt();
    await running;
    expect(terminal.exitCode).toBe(0);
    await expect(fetch(`${url}/items/1`)).rejects.toThrow();
  });

  test('a port in use is one clear line and exit 1', async () => {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('x') });
    const address = `127.0.0.1:${server.port}`;
    const { terminal, running } = start(['--listen', address]);
    await running;
    await server.stop(true);
    expect(terminal.exitCode).toBe(1);
    expect(terminal.stderr).toBe(
      `cannot listen at ${address}: the port is in use; choose another with --listen or SANDBOX_LISTEN\n`,
    );
  });

  test('with --quit-with-parent it leaves Ctrl-C to the parent and ends with stdin', async () => {
    const { terminal, running, endStdin } = start(['--listen', '127.0.0.1:0', '--quit-with-parent']);
    const url = await urlOf(terminal);
    expect(terminal.stdout).toBe(`${JSON.stringify({ sandbox: url })}\n`);
    terminal.interrupt('SIGINT');
    expect((await fetch(`${url}/items/1`)).status).toBe(200);
    endStdin();
    await running;
    expect(terminal.exitCode).toBe(0);
    expect(terminal.listening).toBe(0);
  });

  test.each([
    [['--listen', '5001'], 'Give host:port'],
    [['--listen', '127.0.0.1:70000'], 'Give host:port'],
    [['--external-fail-rate', '2'], 'from 0 to 1'],
    [['--external-latency', 'x'], 'Give a duration'],
    [['--rate', '0 per 1s'], 'Give a rate'],
    [['--penalty', '2'], 'Give a duration'],
  ])('%j is wrong usage: exit 64', async (args, message) => {
    const { terminal, running } = start(args);
    await running;
    expect(terminal.exitCode).toBe(64);
    expect(terminal.stderr).toContain(message);
  });
});

describe('as a child process', () => {
  const module = fileURLToPath(new URL('./sandbox.ts', import.meta.url));
  const program = `import { sandboxCommand } from ${JSON.stringify(module)};
    await sandboxCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;

  function spawn(env: Record<string, string> = {}) {
    return Bun.spawn(
      [process.execPath, '-e', program, '--', '--listen', '127.0.0.1:0', '--quit-with-parent'],
      {
        stdin: 'pipe',
        stdout: 'pipe',
        stderr: 'ignore',
        env: { ...process.env, ...env },
      },
    );
  }

  async function firstLine(child: ReturnType<typeof spawn>): Promise<{ sandbox: string }> {
    const { value } = await child.stdout.getReader().read();
    return JSON.parse(new TextDecoder().decode(value)) as { sandbox: string };
  }

  test('it prints one line when it listens, and ends when its stdin does', async () => {
    const child = spawn({ EXTERNAL_FAIL_RATE: '1', EXTERNAL_LATENCY_MS: '1' });
    const { sandbox } = await firstLine(child);
    expect((await fetch(`${sandbox}/external-api/process`, { method: 'POST', body: '{}' })).status).toBe(500);
    await child.stdin.end();
    expect(await child.exited).toBe(0);
  });

  test('SIGTERM ends it, even with a call hanging', async () => {
    const child = spawn();
    const { sandbox } = await firstLine(child);
    await fetch(`${sandbox}/sandbox/faults`, { method: 'PUT', body: '{"hangRate":1}' });
    const hanging = fetch(`${sandbox}/items/1`).catch(() => 'cut');
    let calls = 0;
    while (calls === 0) {
      const report = (await (await fetch(`${sandbox}/sandbox/report`)).json()) as {
        totals: { catalog: { calls: number } };
      };
      calls = report.totals.catalog.calls;
    }
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
    expect(await hanging).toBe('cut');
  });
});
