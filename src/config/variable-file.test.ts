// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration’s own variables look like that
import { afterAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigFolder, withTop, withUpstream } from './config-file.fixture.ts';
import type { LoadOptions } from './load.ts';
import { withFiles } from './variable-file.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

const TOKEN = withTop('admin: { token: "${ADMIN_TOKEN:-}" }');
const tokenOf = (options: Partial<LoadOptions>) => folder.loaded(TOKEN, options).config.admin.token;
const said = (env: Record<string, string>, yaml = TOKEN) => folder.problems(yaml, { env });

describe('a variable whose value lies in a file', () => {
  test.each([
    ['hunter2', 'hunter2'],
    ['hunter2\n', 'hunter2'],
    ['\uFEFF  hunter2\r\n\n', 'hunter2'],
    ['${HOME} $${x} a: b', '${HOME} $${x} a: b'],
  ])('%j is %j', (content, value) => {
    expect(tokenOf({ env: { ADMIN_TOKEN_FILE: folder.write('token', content) } })).toBe(value);
  });

  test('a link leads to it, as secrets are mounted', () => {
    folder.write('linked', 'hunter2\n');
    symlinkSync('linked', join(folder.path, 'link'));
    expect(tokenOf({ env: { ADMIN_TOKEN_FILE: join(folder.path, 'link') } })).toBe('hunter2');
  });

  test('needs no default, and fills a part of a value as well', () => {
    const env = { SECONDS_FILE: folder.write('seconds', '3\n') };
    const { config } = folder.loaded(withUpstream('timeout: ${SECONDS}s'), { env });
    expect(config.upstreams.a?.timeoutMs).toBe(3_000);
  });

  test('.env may name it', () => {
    const path = folder.write('token', 'hunter2');
    const envFile = folder.write('files.env', `ADMIN_TOKEN_FILE=${path}\n`);
    expect(tokenOf({ envFile })).toBe('hunter2');
  });

  test('a variable that is set and empty is not set', () => {
    const ADMIN_TOKEN_FILE = folder.write('token', 'hunter2');
    expect(tokenOf({ env: { ADMIN_TOKEN: '', ADMIN_TOKEN_FILE } })).toBe('hunter2');
    expect(tokenOf({ env: { ADMIN_TOKEN: 'given', ADMIN_TOKEN_FILE: '' } })).toBe('given');
    expect(tokenOf({ env: { ADMIN_TOKEN_FILE: '' } })).toBeUndefined();
  });

  test('its origin is the variable that names the file', () => {
    const path = folder.write('token', 'hunter2');
    const envFile = folder.write('files.env', `ADMIN_TOKEN_FILE=${path}\n`);
    const origin = (options: Partial<LoadOptions>) =>
      folder.loaded(TOKEN, options).settings.get('admin.token')?.origin;
    expect(origin({ env: { ADMIN_TOKEN_FILE: path } })).toEqual({ kind: 'env', where: 'ADMIN_TOKEN_FILE' });
    expect(origin({ envFile })).toEqual({ kind: 'env', where: 'ADMIN_TOKEN_FILE (files.env)' });
  });

  test('what it holds now is in force when the configuration is read again', () => {
    const env = { ADMIN_TOKEN_FILE: folder.write('rotated', 'one') };
    expect(tokenOf({ env })).toBe('one');
    folder.write('rotated', 'two');
    expect(tokenOf({ env })).toBe('two');
  });

  test('is read once for all places that ask for it', () => {
    const X_FILE = { name: 'X_FILE', value: folder.write('twice', 'one'), source: 'environment' };
    const lookup = withFiles((name) => (name === 'X_FILE' ? X_FILE : undefined));
    expect(lookup('X')).toMatchObject({ value: 'one' });
    folder.write('twice', 'two');
    expect(lookup('X')).toMatchObject({ value: 'one' });
  });
});

describe('what cannot be had is told with its place, and no default stands in', () => {
  const at = 'comporta.yaml:1:17 admin.token';

  test('both are set', () => {
    const ADMIN_TOKEN_FILE = folder.write('token', 'hunter2');
    expect(said({ ADMIN_TOKEN: 'given', ADMIN_TOKEN_FILE })).toEqual([
      `${at}: both \`ADMIN_TOKEN\` and \`ADMIN_TOKEN_FILE\` are set; keep one of them`,
    ]);
  });

  test.each<[string, () => string, string]>([
    ['a file that is not there', () => join(folder.path, 'none'), 'there is no such file'],
    ['an empty file', () => folder.write('empty', ' \n'), 'is empty'],
    ['bytes that are no text', () => bytes('bytes', [0x68, 0xff, 0xfe]), 'is not UTF-8 text'],
    ['a long file', () => folder.write('long', 'x'.repeat(65_537)), 'is too long; at most 64kb is read'],
    ['a folder', () => madeFolder('folder'), 'is a folder'],
    ['a pipe that nobody writes to', () => madePipe('pipe'), 'is not a file'],
    ['a device without an end', () => '/dev/zero', 'is not a file'],
  ])('%s', (_, make, why) => {
    const path = make();
    expect(said({ ADMIN_TOKEN_FILE: path })).toEqual([
      `${at}: \`ADMIN_TOKEN_FILE\` is "${path.replace(`${folder.path}/`, '')}": ${why}`,
    ]);
  });

  test('a file of 64kb is taken, line breaks inside it too', () => {
    const value = `${'x'.repeat(65_534)}\ny`;
    const X_FILE = { name: 'X_FILE', value: folder.write('full', value), source: 'environment' };
    const lookup = withFiles((name) => (name === 'X_FILE' ? X_FILE : undefined));
    expect(lookup('X')).toEqual({ ...X_FILE, value, file: X_FILE.value });
  });

  test('a file that cannot be read', () => {
    // A link to itself: root may read everything else.
    const path = folder.write('loop', '');
    rmSync(path);
    symlinkSync(path, path);
    expect(said({ ADMIN_TOKEN_FILE: path })).toEqual([
      `${at}: \`ADMIN_TOKEN_FILE\` is "loop": cannot be read (ELOOP)`,
    ]);
  });

  test('inside a default, too', () => {
    const yaml = withTop('admin: { token: "${NONE:-${ADMIN_TOKEN:-x}}" }');
    expect(said({ ADMIN_TOKEN_FILE: '/nowhere' }, yaml)).toEqual([
      `${at}: \`ADMIN_TOKEN_FILE\` is "/nowhere": there is no such file`,
    ]);
  });
});

describe('nothing secret is said', () => {
  test('a secret where its path belongs', () => {
    expect(said({ ADMIN_TOKEN_FILE: 'hunter2' }).join()).toContain(
      '`ADMIN_TOKEN_FILE` is set and not shown: there is no such file',
    );
    const url = said({ DATABASE_URL_FILE: 'postgres://u:hunter2@h/d' }, withTop('ledger: ${DATABASE_URL}'));
    expect(url.join()).toContain('`DATABASE_URL_FILE` is "postgres://***@h/d": there is no such file');
  });

  test('what a file holds that is of the wrong form', () => {
    const path = folder.write('rate', 'hunter2 root:x:0:0');
    expect(said({ RATE_FILE: path }, withUpstream('limits: ["${RATE}"]'))).toEqual([
      'comporta.yaml:4:14 upstreams.a.limits[0]: `RATE_FILE` is "rate": in the file: expected a rate such as "1 per 1s" or "1000 per 1d"',
    ]);
  });
});

function bytes(name: string, content: readonly number[]): string {
  const path = join(folder.path, name);
  writeFileSync(path, Uint8Array.from(content));
  return path;
}

function madeFolder(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  return path;
}

function madePipe(name: string): string {
  const path = join(folder.path, name);
  spawnSync('mkfifo', [path]);
  return path;
}
