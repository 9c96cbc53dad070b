import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { cpfAt } from '../../src/shared/cpf.ts';
import { adminOf } from '../support/admin.ts';
import { type Sight, startBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { ROOT } from '../support/cli.ts';
import { call, postData, score, until } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** Every page, with something to show on it, in both languages and themes, wide and on a phone. */

/** The id of a request that a drawer is opened for. */
const LOOKED_AT = 'looked-at';
const MOST_FIRST_SCREEN_BYTES = 250 * 1_024;

let browser: TestBrowser;
let gateway: Started;
let burstId: string;

beforeAll(async () => {
  const env = { ENVIRONMENT: 'staging', EXTERNAL_FAIL_RATE: '1', RETRY_MAX_ATTEMPTS: '1' };
  [browser, gateway] = await Promise.all([startBrowser(), startProcess([], { env })]);
  burstId = await makeTraffic();
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});

/** Answers, failures, an open breaker, rules, a denied client, usage, and a burst that goes on; its id. */
async function makeTraffic(): Promise<string> {
  const admin = adminOf(gateway.adminUrl);
  await admin.addRule({
    id: 'no-partners',
    action: 'deny',
    path: '/ml/partners/*',
    note: 'Asked for by sales',
  });
  await admin.addRule({
    id: 'greedy-once',
    action: 'throttle',
    client: 'client:greedy',
    path: '/ml/*',
    limit: '1 per 1h',
    block_for: '30m',
  });
  await admin.addRule({ id: 'office', action: 'allow', client: '10.0.0.0/8', path: '/ml/*', shadow: true });
  const item = (path: string, client: string) =>
    call(`${gateway.url}/ml/${path}`, { headers: { 'client-id': client } });
  await Promise.all([
    ...Array.from({ length: 12 }, (_, index) => item(`items/${index}`, `team-${index % 4}`)),
    ...Array.from({ length: 3 }, () => item('partners/1', 'team-1')),
    item('nowhere', 'team-2'),
    score(gateway.url, cpfAt(0), '', { 'X-Request-Id': LOOKED_AT }),
  ]);
  for (let index = 0; index < 3; index++) await item('items/1', 'greedy');
  for (let index = 0; index < 6; index++) await postData(gateway.url, { n: index });
  await score(gateway.url, cpfAt(0));
  const started = await admin.send('POST', '/bursts', {
    route: '/proxy/score',
    count: 90,
    rate: '2/s',
    priority_mix: '10%:0,20%:5',
  });
  expect(started.status).toBe(201);
  // Usage is written every five seconds.
  await until(async () => (await admin.get('/usage')).json.rows[0]?.count > 20, 20_000);
  return started.json.id;
}

interface Place {
  readonly name: string;
  readonly at: () => string;
  /** What is pressed there first. */
  readonly act?: (page: Page) => Promise<void>;
}

const PLACES: readonly Place[] = [
  { name: 'overview', at: () => '/' },
  { name: 'upstream-paced', at: () => '/upstreams/score' },
  {
    name: 'upstream-force',
    at: () => '/upstreams/score',
    act: (page) => press(page, /Force open|Forçar aberto/),
  },
  { name: 'upstream-open', at: () => '/upstreams/external' },
  { name: 'upstream-unpaced', at: () => '/upstreams/mercadolibre' },
  { name: 'playground', at: () => '/playground', act: (page) => press(page, /^(Send|Enviar)$/) },
  { name: 'load-test', at: () => `/load-test?burst=${burstId}` },
  { name: 'load-test-form', at: () => '/load-test?preset=mixed' },
  { name: 'requests', at: () => '/requests' },
  { name: 'requests-drawer', at: () => `/requests?id=${LOOKED_AT}` },
  { name: 'access', at: () => '/access' },
  { name: 'access-editor', at: () => '/access?rule=greedy-once' },
  { name: 'access-tester', at: () => '/access?tab=tester&path=/ml/partners/1&ip=10.0.0.1' },
  { name: 'access-denied', at: () => '/access?tab=denied' },
  { name: 'usage', at: () => '/usage' },
  { name: 'cache', at: () => '/cache' },
  { name: 'configuration', at: () => '/configuration' },
  { name: 'configuration-audit', at: () => '/configuration?tab=audit' },
  { name: 'palette', at: () => '/configuration', act: (page) => page.keyboard.press('Control+k') },
];

const press = (page: Page, name: RegExp) => page.getByRole('button', { name }).first().click();

/** Every language with both themes and both sizes, every theme with both sizes. */
const SIGHTS: readonly Required<Omit<Sight, 'reducedMotion'>>[] = [
  { locale: 'en-US', theme: 'light', viewport: 'wide' },
  { locale: 'pt-BR', theme: 'dark', viewport: 'wide' },
  { locale: 'en-US', theme: 'dark', viewport: 'phone' },
  { locale: 'pt-BR', theme: 'light', viewport: 'phone' },
];

test.each(['wide', 'phone'] as const)(
  'every page is sound: %s',
  async (viewport) => {
    // Side by side: most of the time a page waits.
    const sights = SIGHTS.filter((sight) => sight.viewport === viewport);
    expect((await Promise.all(sights.map(troublesOf))).flat()).toEqual([]);
  },
  120_000,
);

/** What is wrong with the pages, seen so; writes a picture of each. */
async function troublesOf({ locale, theme, viewport }: (typeof SIGHTS)[number]): Promise<string[]> {
  const opened = await browser.open(gateway.adminUrl, '/', { locale, theme, viewport });
  await opened.page.locator('[data-stale=false]').waitFor();
  const troubles: string[] = [];
  for (const { name, at, act } of PLACES) {
    await goTo(opened, at());
    if (act !== undefined) {
      await act(opened.page);
      await settled(opened);
    }
    const picture = `${name}-${locale.slice(0, 2)}-${theme}-${viewport}`;
    for (const trouble of [
      ...opened.takeTroubles(),
      ...(await opened.accessibilityViolations()),
      ...(await sidewaysOn(opened)),
    ]) {
      troubles.push(`${picture}: ${trouble}`);
    }
    await opened.screenshot(picture);
  }
  await opened.close();
  return troubles;
}

/** Goes to a page as its link does, and waits until its answers are there. */
async function goTo(opened: TestPage, place: string): Promise<void> {
  const { page } = opened;
  await page.evaluate((hash) => {
    location.hash = hash;
  }, place);
  // By its tag: an open drawer takes the roles of what is behind it away.
  await page.locator('h1').waitFor();
  await settled(opened);
}

async function settled({ page }: TestPage): Promise<void> {
  await page.waitForFunction(() => document.querySelector('[data-testid=skeleton]') === null);
  // One more frame of the live stream, and whatever it draws.
  await page.waitForTimeout(300);
}

/** What is wider than the page, where the page can be scrolled sideways. */
function sidewaysOn({ page }: TestPage): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 1,
    );
    return [
      `scrolls sideways, ${scrollWidth} of ${clientWidth} px: ${wide
        .slice(0, 5)
        .map((element) => `${element.tagName}.${element.className}`)
        .join(' | ')}`,
    ];
  });
}

test('the first screen is at most 250 KB of scripts and styles, compressed', async () => {
  const opened = await browser.open(gateway.adminUrl);
  await opened.page.getByRole('heading', { name: 'Pacing of score' }).waitFor();
  await opened.page.waitForTimeout(1_000);
  const { names, paintedAtMs } = await opened.page.evaluate(() => ({
    names: performance.getEntriesByType('resource').map(({ name }) => name),
    paintedAtMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  }));
  await opened.close();
  const files = names
    .filter((name) => /\/assets\/[^/]+\.(js|css)$/.test(name))
    .map((name) => name.split('/assets/')[1]!);
  expect(files.length).toBeGreaterThan(2);
  const bytes = files.reduce(
    (sum, file) => sum + Bun.gzipSync(readFileSync(join(ROOT, 'dashboard/dist/assets', file))).length,
    0,
  );
  console.log(
    `first screen: ${files.length} files, ${bytes} bytes compressed; painted after ${paintedAtMs} ms`,
  );
  expect(bytes).toBeLessThanOrEqual(MOST_FIRST_SCREEN_BYTES);
});
