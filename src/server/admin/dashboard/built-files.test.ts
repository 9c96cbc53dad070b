import { afterEach, beforeEach, expect, test } from 'bun:test';
import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BuiltDashboard } from './built-dashboard.fixture.ts';
import { readBuiltFiles } from './built-files.ts';

let dashboard: BuiltDashboard;
beforeEach(() => {
  dashboard = new BuiltDashboard();
});
afterEach(() => dashboard.remove());

test('a folder that is not there, or without index.html, is not built', async () => {
  expect(await readBuiltFiles(dashboard.folder)).toBeUndefined();
  dashboard.write('assets/main-1a2b3c4d.js', 'x');
  expect(await readBuiltFiles(dashboard.folder)).toBeUndefined();
});

test('every file is found by its path, with its type', async () => {
  const files = await readBuiltFiles(dashboard.build().folder);
  expect([...files!].map(([path, { type, hashed }]) => [path, type, hashed]).sort()).toEqual([
    ['assets/dot-9c0d1e2f.png', 'image/png', true],
    ['assets/main-1a2b3c4d.js', 'text/javascript; charset=utf-8', true],
    ['assets/main-5e6f7a8b.css', 'text/css; charset=utf-8', true],
    ['icon.svg', 'image/svg+xml', false],
    ['index.html', 'text/html; charset=utf-8', false],
  ]);
});

test('text is compressed where that saves something, images are not', async () => {
  const files = await readBuiltFiles(dashboard.build().folder);
  const script = files!.get('assets/main-1a2b3c4d.js')!;
  expect(gunzipSync(script.gzipped!)).toEqual(Buffer.from(script.body));
  expect(script.gzipped!.length).toBeLessThan(script.body.length / 2);
  expect(files!.get('icon.svg')?.gzipped).toBeUndefined();
  expect(files!.get('assets/dot-9c0d1e2f.png')?.gzipped).toBeUndefined();
});

test('the hash is of the content alone', async () => {
  dashboard.build();
  dashboard.write('one.txt', 'same');
  dashboard.write('two.txt', 'same');
  const files = await readBuiltFiles(dashboard.folder);
  expect(files!.get('one.txt')!.hash).toBe(files!.get('two.txt')!.hash);
  expect(files!.get('one.txt')!.hash).not.toBe(files!.get('icon.svg')!.hash);
  expect(files!.get('one.txt')!.hash).toMatch(/^[\w-]{22}$/);
});

test('hidden files and links stay where they are', async () => {
  dashboard.build();
  dashboard.write('.sources', 'x');
  dashboard.write('.vite/manifest.json', '{}');
  symlinkSync('/etc/hostname', join(dashboard.folder, 'assets/linked.txt'));
  const files = await readBuiltFiles(dashboard.folder);
  expect(files!.size).toBe(5);
});

test('a name that needs an escape is found by it', async () => {
  dashboard.build();
  dashboard.write('assets/é 1.txt', 'x');
  expect((await readBuiltFiles(dashboard.folder))!.has('assets/%C3%A9%201.txt')).toBe(true);
});

test('more than 20 MB is refused before it is read', async () => {
  dashboard.build();
  dashboard.write('assets/large-11111111.txt', '');
  truncateSync(join(dashboard.folder, 'assets/large-11111111.txt'), 20 * 1_048_576);
  await expect(readBuiltFiles(dashboard.folder)).rejects.toThrow(/larger than 20 MB .*npm run build/);
});
