import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { renameSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { AdminProblem } from '../problems.ts';
import { BuiltDashboard } from './built-dashboard.fixture.ts';
import { Dashboard } from './dashboard.ts';

let built: BuiltDashboard;
let dashboard: Dashboard;
beforeEach(() => {
  built = new BuiltDashboard();
  dashboard = new Dashboard(built.folder);
});
afterEach(() => built.remove());

const get = (path: string, headers: Record<string, string> = {}) =>
  dashboard.answer('GET', path, new Headers(headers));

const SCRIPT = 'assets/main-1a2b3c4d.js';

describe('built', () => {
  beforeEach(() => void built.build());

  test('the page is asked for again each time, what has a hash in its name never', async () => {
    for (const [path, caching] of [
      ['', 'no-cache'],
      ['index.html', 'no-cache'],
      ['icon.svg', 'no-cache'],
      [SCRIPT, 'public, max-age=31536000, immutable'],
    ] as const) {
      const { status, headers } = await get(path);
      expect([path, status, headers.get('cache-control')]).toEqual([path, 200, caching]);
    }
  });

  test('the address itself is the page', async () => {
    const answer = await get('');
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await answer.text()).toContain('<title>Comporta</title>');
  });

  test('gzip goes to those who take it, as the same bytes', async () => {
    const plain = await get(SCRIPT);
    const packed = await get(SCRIPT, { 'Accept-Encoding': 'gzip, br' });
    expect([plain.headers.get('content-encoding'), packed.headers.get('content-encoding')]).toEqual([
      null,
      'gzip',
    ]);
    expect([plain.headers.get('vary'), packed.headers.get('vary')]).toEqual([
      'Accept-Encoding',
      'Accept-Encoding',
    ]);
    expect(gunzipSync(await packed.arrayBuffer()).toString()).toBe(await plain.text());
    expect(plain.headers.get('etag')).not.toBe(packed.headers.get('etag'));
  });

  test('what is never compressed does not vary', async () => {
    const { headers } = await get('assets/dot-9c0d1e2f.png', { 'Accept-Encoding': 'gzip' });
    expect([headers.get('vary'), headers.get('content-encoding')]).toEqual([null, null]);
  });

  test.each([
    [(etag: string) => etag, 304],
    [(etag: string) => `W/${etag}`, 304],
    [(etag: string) => `"other", ${etag}`, 304],
    [() => '*', 304],
    [() => '"other"', 200],
    [(etag: string) => etag.replaceAll('"', ''), 200],
  ])('If-None-Match %p', async (match, status) => {
    const etag = (await get('')).headers.get('etag')!;
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    const again = await get('', { 'If-None-Match': match(etag) });
    expect(again.status).toBe(status);
    if (status === 304) {
      expect([await again.text(), again.headers.get('etag'), again.headers.get('cache-control')]).toEqual([
        '',
        etag,
        'no-cache',
      ]);
    }
  });

  test('the tag of one coding is not that of the other', async () => {
    const etag = (await get('')).headers.get('etag')!;
    expect((await get('', { 'If-None-Match': etag, 'Accept-Encoding': 'gzip' })).status).toBe(200);
  });

  test.each([
    'nothing.js',
    'assets',
    'assets/',
    'assets/nothing.js',
    '../package.json',
    '..%2fpackage.json',
    '%2e%2e/package.json',
    '/etc/passwd',
    'assets/../../package.json',
    'assets\\main-1a2b3c4d.js',
    '.sources',
    'index.html/',
    'constructor',
  ])('%s is not found', async (path) => {
    const problem = (await get(path).catch((error: unknown) => error)) as AdminProblem;
    expect(problem.code).toBe('not_found');
  });

  test('another method is refused with those that are taken', async () => {
    const answer = dashboard.answer('POST', '', new Headers());
    const problem = (await answer.catch((error: unknown) => error)) as AdminProblem;
    expect([problem.code, problem.headers]).toEqual(['method_not_allowed', { Allow: 'GET, HEAD' }]);
  });

  test('it is read once: a build that comes later does not mix with the one that is served', async () => {
    const [first, same] = await Promise.all([get(''), get('')]);
    expect(await first.text()).toBe(await same.text());
    renameSync(built.folder, `${built.folder}-old`);
    built.build('Another');
    built.write('assets/main-ffffffff.js', 'x');
    expect(await (await get('')).text()).toContain('<title>Comporta</title>');
    expect((await get(SCRIPT)).status).toBe(200);
    await expect(get('assets/main-ffffffff.js')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('not built', () => {
  test('the page says so, and how to build it; nothing else is there', async () => {
    const answer = await get('');
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      503,
      'text/html; charset=utf-8',
      'no-store',
    ]);
    const text = await answer.text();
    expect(text).toContain('npm run build');
    expect(text).toContain('api/v1');
    expect(text).not.toMatch(/<style|style=|<script/);
    await expect(get(SCRIPT)).rejects.toMatchObject({ code: 'not_found' });
    await expect(get('assets/')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('it is there as soon as it is built', async () => {
    expect((await get('')).status).toBe(503);
    built.build();
    expect((await get('')).status).toBe(200);
  });

  test('what could not be read is read again', async () => {
    built.write('index.html', 'x'.repeat(21 * 1_048_576));
    await expect(get('')).rejects.toThrow(RangeError);
    built.build();
    expect((await get('')).status).toBe(200);
  });
});
