import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fieldsOf, rawRequest, statusOf } from '../support/raw-client.ts';
import { SHIPPED } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** The built dashboard from a started gateway, as a browser and a proxy ask for it. */

const FOR_EVER = 'public, max-age=31536000, immutable';

/** What the page names, relative to it. */
const filesNamedIn = (page: string): string[] =>
  [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);

describe('with a token', () => {
  let gateway: Started;
  beforeAll(async () => {
    gateway = await startProcess([], { env: { ADMIN_TOKEN: 'operator-token' } });
  });
  afterAll(() => gateway.stop());

  test('the page needs none, the API does', async () => {
    const page = await fetch(`${gateway.adminUrl}/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await fetch(`${gateway.adminUrl}/api/v1/overview`)).status).toBe(401);
  });

  test('the page names files that are there, relative to itself, with a hash to keep them by', async () => {
    const page = await (await fetch(`${gateway.adminUrl}/`)).text();
    const named = filesNamedIn(page);
    expect(named.filter((name) => name.startsWith('./assets/')).length).toBeGreaterThan(1);
    expect(named.filter((name) => !name.startsWith('./'))).toEqual([]);
    for (const name of named) {
      const file = await fetch(new URL(name, `${gateway.adminUrl}/`));
      const caching = name.startsWith('./assets/') ? FOR_EVER : 'no-cache';
      expect([name, file.status, file.headers.get('cache-control')]).toEqual([name, 200, caching]);
      expect((await file.bytes()).length).toBeGreaterThan(0);
    }
  });

  test('the page has nothing inline, which its policy would refuse', async () => {
    const answer = await fetch(`${gateway.adminUrl}/`);
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toStartWith("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const page = await answer.text();
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i);
  });

  test('what has not changed is not sent again', async () => {
    const etag = (await fetch(`${gateway.adminUrl}/`)).headers.get('etag') ?? '';
    const again = await fetch(`${gateway.adminUrl}/`, { headers: { 'If-None-Match': etag } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
  });

  test('a script goes out compressed; HEAD says how long it would be', async () => {
    const page = await (await fetch(`${gateway.adminUrl}/`)).text();
    const script = new URL(filesNamedIn(page).find((name) => name.endsWith('.js'))!, `${gateway.adminUrl}/`);
    const plain = await fetch(script, { headers: { 'Accept-Encoding': 'identity' } });
    const packed = await fetch(script, { headers: { 'Accept-Encoding': 'gzip' } });
    expect([plain.headers.get('content-encoding'), packed.headers.get('vary')]).toEqual([
      null,
      'Accept-Encoding',
    ]);
    expect(await packed.text()).toBe(await plain.text());
    const { port, pathname } = script;
    const lengths = await Promise.all(
      ['identity', 'gzip'].map(async (coding) => {
        const head = await rawRequest(
          gateway.adminUrl,
          `HEAD ${pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Encoding: ${coding}\r\nConnection: close\r\n\r\n`,
        );
        return Number(fieldsOf(head, 'content-length')[0]);
      }),
    );
    expect(lengths[0]!).toBeGreaterThan(2 * lengths[1]!);
    expect(lengths[1]!).toBeGreaterThan(0);
  });

  test.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/assets/../../package.json',
    '/assets/..%5c..%5cpackage.json',
    '//etc/passwd',
    '/%00',
    '/.sources',
    '/assets/',
  ])('%s is not there', async (target) => {
    const { port } = new URL(gateway.adminUrl);
    const raw = await rawRequest(
      gateway.adminUrl,
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect([target, statusOf(raw)]).toEqual([target, 404]);
  });
});

test('without a token a Host that is not this machine’s gets nothing, whatever it is', async () => {
  const gateway = await startProcess();
  const { port } = new URL(gateway.adminUrl);
  try {
    for (const host of [`evil.example:${port}`, 'a b[', '', '127.0.0.1']) {
      const raw = await rawRequest(
        gateway.adminUrl,
        `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect([host, statusOf(raw)]).toEqual([host, 403]);
    }
  } finally {
    await gateway.stop();
  }
});

test('below admin.base_path are page and API; beside it is nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-base-path-'));
  const file = join(folder, 'comporta.yaml');
  const admin = 'admin: { listen: "127.0.0.1:0", base_path: /comporta }';
  writeFileSync(file, readFileSync(SHIPPED, 'utf8').replace(/^admin: .*$/m, admin));
  const gateway = await startProcess(['--config', file]);
  try {
    const { origin, pathname } = new URL(gateway.adminUrl);
    expect(pathname).toBe('/comporta');
    const led = await fetch(`${origin}/comporta`, { redirect: 'manual' });
    expect([led.status, led.headers.get('location')]).toEqual([308, './comporta/']);
    const page = await fetch(`${origin}/comporta`);
    expect([page.status, page.url]).toEqual([200, `${origin}/comporta/`]);
    const [script] = filesNamedIn(await page.text()).filter((name) => name.endsWith('.js'));
    expect((await fetch(new URL(script!, page.url))).status).toBe(200);
    expect((await fetch(`${origin}/comporta/api/v1/overview`)).status).toBe(200);
    for (const path of ['/', '/api/v1/overview']) {
      const beside = await fetch(`${origin}${path}`);
      expect([path, beside.status, beside.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/problem+json',
      ]);
    }
  } finally {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  }
});
