import { afterAll, describe, expect, test } from 'bun:test';
import { accepted, ConfigFolder } from '../config/config-file.fixture.ts';
import { FakeTerminal } from './burst/fake-terminal.ts';
import { checkCommand, runCheck } from './check.ts';
import { ExitCode } from './exit-codes.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

const VALID =
  'upstreams: { a: { url: "http://a.test" } }\nroutes: [{ path: /a, upstream: a }, { path: /b, upstream: a }]\n';
const WRONG = 'upstreams: { a: { url: 5, timeout: 1 } }\nroutes: []\n';

function check(text: string, terminal: FakeTerminal, print = false): number {
  const file = folder.write('comporta.yaml', text);
  return runCheck({ file, print, env: {}, envFile: `${folder.path}/.env` }, terminal);
}

describe('comporta check', () => {
  test('says in one line on stdout that a configuration is valid', () => {
    const terminal = new FakeTerminal();
    expect(check(VALID, terminal)).toBe(ExitCode.OK);
    expect(terminal.stdout).toBe(`${folder.path}/comporta.yaml is valid: 1 upstream, 2 routes\n`);
    expect(terminal.stderr).toBe('');
  });

  test('an admin API that everybody could reach without a token is a problem, with its place', () => {
    const terminal = new FakeTerminal();
    expect(check(`admin: { listen: "0.0.0.0:8001" }\n${VALID}`, terminal)).toBe(ExitCode.FAILURE);
    expect(terminal.stderr).toContain(
      'comporta.yaml:1:18 admin.listen: the admin API must not listen on 0.0.0.0:8001 without a token',
    );
    expect(check(`admin: { listen: "0.0.0.0:8001", token: abc }\n${VALID}`, new FakeTerminal())).toBe(
      ExitCode.OK,
    );
  });

  test('--print hides the key for client ids, and every other secret', () => {
    const terminal = new FakeTerminal();
    const secrets = 'admin: { token: s3cr3t-a, viewer_token: s3cr3t-b }\nusage: { hash_clients: s3cr3t-c }\n';
    const ledger = 'ledger: postgres://me:s3cr3t-d@db/x\n';
    expect(check(`${secrets}${ledger}${VALID}`, terminal, true)).toBe(ExitCode.OK);
    expect(terminal.stdout).toContain('"hashKey": "***"');
    expect(terminal.stdout).not.toContain('s3cr3t');
  });

  test('says every problem on stderr, nothing on stdout, and exits 1', () => {
    const terminal = new FakeTerminal();
    expect(check(WRONG, terminal)).toBe(ExitCode.FAILURE);
    expect(terminal.stdout).toBe('');
    expect(terminal.stderr.replaceAll(`${folder.path}/`, '')).toBe(
      [
        'comporta.yaml:1:24 upstreams.a.url: expected an http:// or https:// URL, or sandbox:, got `5`',
        'comporta.yaml:1:36 upstreams.a.timeout: expected a duration, got `1` without a unit; write 1s or 1ms',
        'comporta.yaml is not valid: 2 problems',
        '',
      ].join('\n'),
    );
  });

  test('colours the place for a person only', () => {
    const watched = new FakeTerminal(true, true);
    check(WRONG, watched);
    expect(watched.stderr).toStartWith('\x1b[1m');
    for (const terminal of [new FakeTerminal(true, false), new FakeTerminal(false, true)]) {
      check(WRONG, terminal);
      expect(terminal.stderr).not.toContain('\x1b');
    }
  });

  test('--print gives the configuration in force as JSON', () => {
    const terminal = new FakeTerminal();
    expect(check(VALID, terminal, true)).toBe(ExitCode.OK);
    const { config } = accepted(folder.load(VALID));
    expect(JSON.parse(terminal.stdout)).toEqual(JSON.parse(JSON.stringify(config)));
    expect(JSON.parse(terminal.stdout).upstreams.a.timeoutMs).toBe(10_000);
  });

  test.each([
    ['as an argument', (file: string) => [file]],
    ['as --config', (file: string) => ['--config', file]],
  ])('takes the file %s', async (_, args) => {
    const terminal = new FakeTerminal();
    const file = folder.write('other.yaml', VALID);
    await checkCommand(terminal).parseAsync(args(file), { from: 'user' });
    expect(terminal.exitCode).toBe(ExitCode.OK);
    expect(terminal.stdout).toStartWith(`${file} is valid`);
  });
});
