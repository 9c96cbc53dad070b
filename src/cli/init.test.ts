// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration’s own variables look like that
import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepted, ConfigFolder } from '../config/config-file.fixture.ts';
import { loadConfig } from '../config/load.ts';
import { FakeTerminal } from './burst/fake-terminal.ts';
import { ExitCode } from './exit-codes.ts';
import { initCommand } from './init.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

async function init(...args: string[]): Promise<FakeTerminal> {
  const terminal = new FakeTerminal();
  await initCommand(terminal).parseAsync(args, { from: 'user' });
  return terminal;
}

function load(file: string, env: Record<string, string> = {}) {
  return accepted(loadConfig({ file, env }));
}

describe('comporta init', () => {
  test('writes a configuration that loads without a word, on the sandbox until API_URL is set', async () => {
    const file = join(folder.path, 'plain.yaml');
    expect((await init(file)).exitCode).toBe(ExitCode.OK);
    const { config, warnings } = load(file);
    expect(warnings).toEqual([]);
    expect(config.upstreams.api).toMatchObject({
      url: { kind: 'sandbox' },
      limits: [{ rate: { count: 1, windowMs: 1_000 } }],
      breaker: { consecutive: 5 },
    });
    expect(load(file, { API_URL: 'http://a.test' }).config.upstreams.api?.url).toEqual({
      kind: 'url',
      url: 'http://a.test',
    });
  });

  test('what it suggests in comments is valid too', async () => {
    const file = join(folder.path, 'comments.yaml');
    await init(file);
    const text = readFileSync(file, 'utf8').replaceAll(/^ {4}# (penalty|cache|client_limit):/gm, '    $1:');
    const { config } = folder.loaded(text);
    expect(config.upstreams.api?.penaltyMs).toBe(2_000);
    expect(config.routes[0]).toMatchObject({ cache: { ttlMs: 60_000 }, clientLimit: { by: 'ip' } });
  });

  test('takes the URL and the rate', async () => {
    const file = join(folder.path, 'own.yaml');
    await init(file, '--url', 'https://own.test/"v1"', '--rate', '100 per 1m');
    expect(load(file).config.upstreams.api).toMatchObject({
      url: { kind: 'url', url: 'https://own.test/%22v1%22' },
      limits: [{ rate: { count: 100, windowMs: 60_000 } }],
    });
  });

  test('never overwrites a file unless it is told to', async () => {
    const file = folder.write('mine.yaml', 'mine');
    const terminal = await init(file);
    expect([terminal.exitCode, terminal.stderr]).toEqual([
      ExitCode.CANTCREAT,
      `${file} exists already; --force overwrites it\n`,
    ]);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await init(file, '--force')).exitCode).toBe(ExitCode.OK);
    expect(load(file).config.routes).toHaveLength(1);
  });

  test('a folder that is not there is told', async () => {
    const terminal = await init(join(folder.path, 'none', 'comporta.yaml'));
    expect(terminal.exitCode).toBe(ExitCode.CANTCREAT);
    expect(terminal.stderr).toContain('cannot be written (ENOENT)');
  });

  test.each([
    [['--url', 'a.test'], '--url: expected an http:// or https:// URL, or sandbox:, got `a.test`\n'],
    [
      ['--url', 'http://u:hunter2@a.test'],
      '--url: must not carry a user name or password; send credentials in a header\n',
    ],
    [['--rate', 'often'], '--rate: expected a rate such as "1 per 1s" or "1000 per 1d"\n'],
  ])('%j is wrong usage, and nothing is written', async (args, said) => {
    const file = join(folder.path, 'never.yaml');
    const terminal = await init(file, ...args);
    expect([terminal.exitCode, terminal.stderr]).toEqual([ExitCode.USAGE, said]);
    expect(existsSync(file)).toBe(false);
  });
});
