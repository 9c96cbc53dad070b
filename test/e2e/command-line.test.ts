import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../support/cli.ts';
import { call, SHIPPED } from '../support/score.ts';
import { startProcess } from '../support/started.ts';

/** The commands as processes: what they say, where, and their exit codes. */

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'comporta-cli-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FREE = { LISTEN: '127.0.0.1:0', SANDBOX_LISTEN: '127.0.0.1:0' };

/** A port that somebody else holds. */
async function takenPort(): Promise<{ port: number; close(): void }> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
}

describe('help', () => {
  test('of every command: exit 0, on stdout, with what it does', async () => {
    const commands = ['start', 'check', 'init', 'sandbox', 'burst', 'healthcheck'];
    const all = await runCli(['--help']);
    expect(all.code).toBe(0);
    for (const command of commands) {
      expect(all.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
      const help = await runCli([command, '--help']);
      expect({ command, code: help.code, stderr: help.stderr }).toEqual({ command, code: 0, stderr: '' });
      expect(help.stdout).toStartWith(`Usage: comporta ${command}`);
    }
  }, 20_000);

  test('--version is the package’s', async () => {
    const { version } = await Bun.file(join(import.meta.dir, '../../package.json')).json();
    const { code, stdout } = await runCli(['--version']);
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: version });
  });
});

describe('wrong usage', () => {
  const wrong: ReadonlyArray<readonly string[]> = [
    ['strat'],
    ['start', '--confg', 'x'],
    ['burst', '--count', 'many'],
    ['burst', '--count', '0'],
    ['burst', '--url', 'ftp://x'],
    ['sandbox', '--listen', 'nowhere'],
    ['healthcheck', '--timeout', 'soon'],
  ];
  for (const args of wrong) {
    test(`comporta ${args.join(' ')}: exit 64, on stderr`, async () => {
      const { code, stdout, stderr } = await runCli(args);
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr).toMatch(/^error: /);
      expect(stderr).not.toMatch(/\.ts:\d+/);
    });
  }

  test('a command with a typing error is told the nearest one', async () => {
    expect((await runCli(['strat'])).stderr).toContain('Did you mean start?');
  });
});

describe('a configuration that is wrong', () => {
  const cases: ReadonlyArray<readonly [what: string, yaml: string, line: RegExp]> = [
    [
      'an unknown key',
      'upstreams:\n  api:\n    url: http://127.0.0.1:1\n    limts: ["1 per 1s"]\nroutes: [{ path: /a, upstream: api }]\n',
      /^broken\.yaml:4:5 upstreams\.api\.limts: .*limits/m,
    ],
    [
      'a wrong value',
      'upstreams:\n  api:\n    url: http://127.0.0.1:1\n    limits: ["1 per fortnight"]\nroutes: [{ path: /a, upstream: api }]\n',
      /^broken\.yaml:4:14 upstreams\.api\.limits\[0\]: .*1 per 1s/m,
    ],
    [
      'an upstream that is not there',
      'upstreams:\n  score: { url: "http://127.0.0.1:1" }\nroutes:\n  - path: /a\n    upstream: scroe\n',
      /^broken\.yaml:5:15 routes\[0\]\.upstream: .*score/m,
    ],
    ['no YAML', 'upstreams: [\n', /^broken\.yaml:\d+:\d+/m],
    ['nothing', '', /^broken\.yaml/m],
    [
      'a variable that is not set',
      `upstreams:\n  api: { url: "\${NOT_SET_ANYWHERE}" }\nroutes: [{ path: /a, upstream: api }]\n`,
      /^broken\.yaml:2:15 .*NOT_SET_ANYWHERE/m,
    ],
  ];
  for (const [what, yaml, line] of cases) {
    test(`${what}: check and start say the same, exit 1, and nothing listens`, async () => {
      const cwd = mkdtempSync(join(folder, 'broken-'));
      writeFileSync(join(cwd, 'broken.yaml'), yaml);
      const check = await runCli(['check', 'broken.yaml'], { cwd });
      const start = await runCli(['start', '--config', 'broken.yaml'], { cwd, env: FREE });
      const problems = (text: string): string[] =>
        text.split('\n').filter((each) => each.startsWith('broken.yaml:'));
      expect({ check: check.code, start: start.code }).toEqual({ check: 1, start: 1 });
      expect(check.stderr).toMatch(line);
      expect(problems(start.stderr)).toEqual(
        problems(check.stderr).filter((each) => !each.endsWith('problems')),
      );
      expect(start.stdout + check.stdout).toBe('');
      expect(start.stderr).not.toMatch(/gateway +http/);
      expect(start.stderr).not.toMatch(/\.ts:\d+/);
    });
  }

  test('a file that is not there: one clear line, exit 1', async () => {
    for (const command of [
      ['check', 'nowhere.yaml'],
      ['start', '--config', 'nowhere.yaml'],
    ]) {
      const { code, stderr } = await runCli(command, { cwd: folder });
      expect({ command, code }).toEqual({ command, code: 1 });
      expect(stderr).toContain('nowhere.yaml');
      expect(stderr).not.toMatch(/\.ts:\d+/);
    }
  });

  test('the shipped configuration and the examples are valid', async () => {
    for (const file of ['comporta.yaml', 'examples/service-proxy.yaml', 'examples/mercadolibre.yaml']) {
      const { code, stdout, stderr } = await runCli(['check', file]);
      expect({ file, code, stderr }).toEqual({ file, code: 0, stderr: '' });
      expect(stdout).toStartWith(`${file} is valid`);
    }
  });
});

describe('a port in use', () => {
  test('of the gateway: one clear line, exit 1, and no sandbox is left', async () => {
    const taken = await takenPort();
    const cwd = mkdtempSync(join(folder, 'taken-'));
    const { code, stderr } = await runCli(['start', '--config', SHIPPED], {
      cwd,
      env: { ...FREE, LISTEN: `127.0.0.1:${taken.port}` },
    });
    taken.close();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`127.0.0.1:${taken.port}`);
    expect(stderr).toContain('in use');
  });

  test('by another gateway: the two must not share it, since together they would exceed every limit', async () => {
    const first = await startProcess();
    const { adminUrl } = first;
    const cwd = mkdtempSync(join(folder, 'taken-'));
    try {
      for (const [variable, url] of [
        ['LISTEN', first.url],
        ['ADMIN_LISTEN', adminUrl],
      ] as const) {
        const { host } = new URL(url);
        const flags = variable === 'LISTEN' ? [] : ['--admin-listen', host];
        const { code, stderr } = await runCli(['start', '--config', SHIPPED, ...flags], {
          cwd,
          env: { ...FREE, [variable]: host },
        });
        expect({ variable, code, lines: stderr.trim().split('\n').length }).toEqual({
          variable,
          code: 1,
          lines: 1,
        });
        expect(stderr).toContain(`${host} is already in use`);
        expect(stderr).toContain(variable);
      }
    } finally {
      await first.stop();
    }
  }, 20_000);

  test('of the sandbox: one clear line, exit 1, and the gateway does not listen', async () => {
    const taken = await takenPort();
    const cwd = mkdtempSync(join(folder, 'taken-'));
    const { code, stderr } = await runCli(['start', '--config', SHIPPED], {
      cwd,
      env: { ...FREE, SANDBOX_LISTEN: `127.0.0.1:${taken.port}` },
    });
    taken.close();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`127.0.0.1:${taken.port}`);
    expect(stderr).toContain('in use');
  });

  test('of comporta sandbox alone: the same', async () => {
    const taken = await takenPort();
    const { code, stderr } = await runCli(['sandbox', '--listen', `127.0.0.1:${taken.port}`]);
    taken.close();
    expect(code).toBe(1);
    expect(stderr).toContain('in use');
  });
});

describe('from nothing to a running gateway', () => {
  test('init, check, start, and the printed call works', async () => {
    const cwd = mkdtempSync(join(folder, 'new-'));
    const init = await runCli(['init'], { cwd });
    expect(init.code).toBe(0);
    expect(existsSync(join(cwd, 'comporta.yaml'))).toBe(true);
    expect((await runCli(['check'], { cwd })).code).toBe(0);
    const again = await runCli(['init'], { cwd });
    expect({ code: again.code, says: again.stderr.includes('--force') }).toEqual({ code: 73, says: true });
    const gateway = await startProcess(['--config', 'comporta.yaml'], {
      cwd,
      env: { SANDBOX_LISTEN: '127.0.0.1:0' },
    });
    const [, url, name, value] = /curl -i '([^']+)' -H '([^:]+): ([^']+)'/.exec(gateway.said)!;
    expect((await call(url!, { headers: { [name!]: value! } })).json.status).toBe('ok');
    const answer = await call(`${gateway.url}/items/MLB1`);
    expect({ status: answer.status, id: answer.json.id }).toEqual({ status: 200, id: 'MLB1' });
    await gateway.stop();
  }, 15_000);

  test('the call that `comporta start` prints works as it is pasted', async () => {
    const gateway = await startProcess();
    try {
      const [, url, header] = /curl -i '([^']+)' -H '([^']+)'/.exec(gateway.said)!;
      const [name, value] = header!.split(': ');
      const answer = await call(url!, { headers: { [name!]: value! } });
      expect(answer.status).toBe(200);
      expect(answer.json.status).toBe('ok');
      const health = await runCli(['healthcheck', '--url', `${gateway.url}/readyz`]);
      expect(health.code).toBe(0);
    } finally {
      await gateway.stop();
    }
  }, 15_000);

  test('healthcheck of nothing is exit 1 with one line', async () => {
    const taken = await takenPort();
    taken.close();
    const { code, stderr } = await runCli(['healthcheck', '--url', `http://127.0.0.1:${taken.port}/readyz`]);
    expect(code).toBe(1);
    expect(stderr).toContain('nothing listens there');
  });
});
