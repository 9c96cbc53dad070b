import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sight, startBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { SHIPPED } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** The dashboard as a started gateway serves it: it loads, under its policy, below any path. */

let browser: TestBrowser;
const folder = mkdtempSync(join(tmpdir(), 'comporta-first-sight-'));

beforeAll(async () => {
  browser = await startBrowser();
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

/** The shipped configuration with another line for the admin API. */
function configWith(name: string, admin: string): string {
  const shipped = readFileSync(SHIPPED, 'utf8');
  const changed = shipped.replace(/^admin: .*$/m, `admin: { listen: "127.0.0.1:0", ${admin} }`);
  expect(changed).not.toBe(shipped);
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, changed);
  return file;
}

/** Opens the page, and waits until the live stream is answered. */
async function openLive(adminUrl: string, place?: string, sight?: Sight): Promise<TestPage> {
  const opened = await browser.open(adminUrl, place, sight);
  const { page } = opened;
  await page.locator('main').waitFor();
  await page.waitForFunction(
    (prefix) =>
      performance
        .getEntriesByType('resource')
        .some(
          (entry) => entry.name.startsWith(prefix) && (entry as PerformanceResourceTiming).responseStart > 0,
        ),
    `${adminUrl}/api/v1/`,
  );
  return opened;
}

describe('without a token', () => {
  let gateway: Started;
  let opened: TestPage | undefined;

  beforeAll(async () => {
    gateway = await startProcess([], { env: { ENVIRONMENT: 'staging' } });
  });
  afterAll(() => gateway.stop());
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });

  test('the page loads, and nothing goes wrong in it', async () => {
    opened = await openLive(gateway.adminUrl);
    const { page } = opened;
    expect(await page.title()).toContain('Comporta');
    expect(await page.locator('#root').innerText()).not.toBe('');
    expect(opened.takeTroubles()).toEqual([]);
  });

  test('everything that it loads comes from the gateway', async () => {
    opened = await openLive(gateway.adminUrl);
    const names = await opened.page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => name),
    );
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !name.startsWith(`${gateway.adminUrl}/`))).toEqual([]);
  });

  test('nothing inline runs: the policy is in force', async () => {
    opened = await openLive(gateway.adminUrl);
    const ran = await opened.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true;';
      document.body.append(script);
      const style = document.createElement('style');
      style.textContent = 'body { outline: 7px solid; }';
      document.head.append(style);
      return ['inlineRan' in window, getComputedStyle(document.body).outlineWidth === '7px'];
    });
    expect(ran).toEqual([false, false]);
    const troubles = opened.takeTroubles();
    expect(troubles.filter((trouble) => trouble.includes('Content Security Policy'))).toHaveLength(2);
    expect(troubles).toHaveLength(2);
  });

  test('no other page can frame it', async () => {
    const other = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () =>
        new Response(`<!doctype html><title>other</title><iframe src="${gateway.adminUrl}/"></iframe>`, {
          headers: { 'Content-Type': 'text/html' },
        }),
    });
    try {
      opened = await browser.open(`http://127.0.0.1:${other.port}`);
      await opened.page.waitForLoadState('load');
      const frame = opened.page.frames().find((one) => one.parentFrame() !== null);
      expect(await frame?.locator('main').count()).toBe(0);
      expect(opened.takeTroubles().join('\n')).toContain('403');
    } finally {
      await other.stop(true);
    }
  });

  test('a link on another site leads to it', async () => {
    const other = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () =>
        new Response(`<!doctype html><title>chat</title><a href="${gateway.adminUrl}/">see this</a>`, {
          headers: { 'Content-Type': 'text/html' },
        }),
    });
    try {
      // By its name, so that it is another site and not another port of the same.
      opened = await browser.open(`http://localhost:${other.port}`);
      // Chromium asks every page for an icon of its own accord.
      await opened.page.getByText('see this').click();
      await opened.page.locator('main').waitFor();
      expect(opened.page.url()).toStartWith(gateway.adminUrl);
    } finally {
      await other.stop(true);
    }
  });

  test('a second visit takes the files from the cache', async () => {
    opened = await openLive(gateway.adminUrl);
    const { page } = opened;
    const bytesOfFiles = () =>
      page.evaluate(() =>
        (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
          .filter(({ name }) => name.includes('/assets/'))
          .reduce((sum, { transferSize }) => sum + transferSize, 0),
      );
    expect(await bytesOfFiles()).toBeGreaterThan(10_000);
    await page.goto('about:blank');
    await page.goto(`${gateway.adminUrl}/`);
    await page.locator('main').waitFor();
    expect(await bytesOfFiles()).toBe(0);
  });

  test('it says which installation it is, in both languages and themes, on a phone, too', async () => {
    const sights = [
      ['en-light', { locale: 'en-US', theme: 'light' }],
      ['pt-dark', { locale: 'pt-BR', theme: 'dark' }],
      ['pt-light-phone', { locale: 'pt-BR', theme: 'light', viewport: 'phone' }],
    ] as const;
    for (const [name, sight] of sights) {
      const one = await openLive(gateway.adminUrl, '', sight);
      await one.page.getByText('staging').first().waitFor({ state: 'attached' });
      expect(await one.page.locator('html').getAttribute('lang')).toBe(
        sight.locale === 'pt-BR' ? 'pt-BR' : 'en',
      );
      await one.screenshot(`first-sight-${name}`);
      expect([name, await one.accessibilityViolations()]).toEqual([name, []]);
      await one.close();
    }
  });
});

describe('below a path', () => {
  test('that is configured', async () => {
    const gateway = await startProcess(['--config', configWith('configured', 'base_path: /ops/comporta')]);
    try {
      expect(gateway.adminUrl).toEndWith('/ops/comporta');
      const opened = await openLive(gateway.adminUrl);
      expect(await opened.page.title()).toContain('Comporta');
      expect((await opened.page.goto(gateway.adminUrl))?.status()).toBe(200);
      expect(opened.page.url()).toStartWith(`${gateway.adminUrl}/`);
      await opened.close();
    } finally {
      await gateway.stop();
    }
  });

  test('that a proxy in front removes: nothing is configured', async () => {
    const gateway = await startProcess();
    const proxy = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request) {
        const { pathname, search } = new URL(request.url);
        if (!pathname.startsWith('/tools/egress/')) return new Response('not here', { status: 404 });
        return fetch(`${gateway.adminUrl}${pathname.slice('/tools/egress'.length)}${search}`, {
          headers: {
            Accept: request.headers.get('accept') ?? '*/*',
            'Accept-Encoding': request.headers.get('accept-encoding') ?? 'identity',
          },
          decompress: false,
          signal: request.signal,
        } as RequestInit);
      },
    });
    try {
      const opened = await openLive(`http://127.0.0.1:${proxy.port}/tools/egress`);
      expect(await opened.page.title()).toContain('Comporta');
      await opened.close();
    } finally {
      await proxy.stop(true);
      await gateway.stop();
    }
  });
});

test('with a token the page loads and asks for it, once', async () => {
  const gateway = await startProcess([], { env: { ADMIN_TOKEN: 'operator-token' } });
  try {
    const opened = await browser.open(gateway.adminUrl);
    await opened.page.locator('input[type=password]').waitFor();
    const refused = opened.takeTroubles();
    expect(refused.filter((trouble) => !trouble.includes('401'))).toEqual([]);
    await opened.close();
  } finally {
    await gateway.stop();
  }
});
