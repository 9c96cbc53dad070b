import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { cpfAt } from '../../src/shared/cpf.ts';
import { adminOf } from '../support/admin.ts';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { call, score, until } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** A CPF stands in the Playground's own input, and nowhere else that the browser can see. */

/** Each goes in by another door. */
const [TYPED, AS_CLIENT, RAW, CLIENT, REQUEST_ID, IN_PATH, DENIED, WAITING, FILTER] = Array.from(
  { length: 9 },
  (_, index) => cpfAt(7_000 + index),
) as [string, string, string, string, string, string, string, string, string];

const punctuated = (cpf: string) => cpf.replace(/^(...)(...)(...)(..)$/, '$1.$2.$3-$4');

const PLACES = [
  '/upstreams/score',
  '/',
  '/requests',
  '/access',
  '/access?tab=tester',
  '/access?tab=denied',
  '/load-test',
  '/usage',
  '/cache',
  '/configuration',
  '/configuration?tab=audit',
  '/playground',
];

let browser: TestBrowser;
let gateway: Started;
/** Every CPF that the provider was asked for, those that a burst makes up, too. */
const asked = new Set<string>();
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request) {
    const cpf = new URL(request.url).searchParams.get('cpf');
    if (cpf !== null) asked.add(cpf.replace(/\D/g, ''));
    return Response.json({ score: 700 });
  },
});

beforeAll(async () => {
  const env = { SCORE_API_URL: `http://127.0.0.1:${upstream.port}`, RATE_LIMIT_SECONDS: '0.3' };
  [browser, gateway] = await Promise.all([startBrowser(), startProcess([], { env })]);
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
  await upstream.stop(true);
});

/** What is where the page, its address or its stores have one of them; empty: nothing. */
async function found(page: Page, cpfs: readonly string[]): Promise<string[]> {
  const places = await page.evaluate(() => {
    const copy = document.documentElement.cloneNode(true) as HTMLElement;
    for (const own of copy.querySelectorAll('input[data-personal]')) own.remove();
    const fields = document.querySelectorAll<HTMLInputElement>(
      'input:not([data-personal]), textarea, select',
    );
    return {
      document: copy.outerHTML,
      fields: [...fields].map(({ value }) => value).join('\n'),
      address: location.href,
      title: document.title,
      stores: JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]),
      requests: performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .join('\n'),
    };
  });
  return Object.entries(places).flatMap(([place, text]) =>
    cpfs.flatMap((cpf) =>
      [cpf, punctuated(cpf), encodeURIComponent(punctuated(cpf))]
        .filter((written) => text.includes(written))
        .map((written) => {
          const at = text.indexOf(written);
          return `${place}: … ${text.slice(Math.max(0, at - 80), at + 40)} …`;
        }),
    ),
  );
}

async function goTo(page: Page, place: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, place);
  await page.waitForFunction(() => document.querySelector('[data-testid=skeleton]') === null);
  await page.waitForTimeout(300);
}

/** Calls that bring a CPF in by every door there is; the last ones wait until `stop`. */
async function bringIn(): Promise<{ stop(): Promise<void> }> {
  const admin = adminOf(gateway.adminUrl);
  await admin.addRule({
    id: 'once',
    action: 'throttle',
    path: '/ml/items/*',
    client: `client:${DENIED}`,
    limit: '1 per 1h',
    block_for: '10m',
  });
  for (let index = 0; index < 3; index++) {
    await call(`${gateway.url}/ml/items/1`, { headers: { 'client-id': DENIED } });
  }
  await Promise.all([
    score(gateway.url, punctuated(RAW)),
    score(gateway.url, cpfAt(1), '', { 'client-id': punctuated(CLIENT) }),
    score(gateway.url, cpfAt(2), '', { 'X-Request-Id': REQUEST_ID }),
    call(`${gateway.url}/ml/items/${IN_PATH}?document=${punctuated(IN_PATH)}`),
  ]);
  const burst = { route: '/proxy/score', count: 4, client: CLIENT, confirm: 'score' };
  expect((await admin.send('POST', '/bursts', burst)).status).toBe(201);
  await until(async () => (await admin.get('/bursts')).json.items[0].status === 'done');
  await until(async () => (await admin.get('/usage')).json.rows[0]?.count > 6, 20_000);
  // These still wait while the pages are looked at.
  const waiting = Array.from({ length: 60 }, (_, index) =>
    score(gateway.url, cpfAt(8_000 + index), '', {
      'client-id': WAITING,
      'X-Request-Id': `${WAITING}-${index}`,
    }),
  );
  await until(async () => (await admin.get('/upstreams/score')).json.status.waiting > 50);
  return {
    async stop() {
      await admin.send('DELETE', '/upstreams/score/queue');
      await Promise.all(waiting);
    },
  };
}

test('a CPF never shows, whichever way it came in', async () => {
  const waiting = await bringIn();
  const opened = await browser.open(gateway.adminUrl, '/playground');
  try {
    const { page } = opened;
    await sendFromPlayground(page);
    const all = [TYPED, AS_CLIENT, RAW, CLIENT, REQUEST_ID, IN_PATH, DENIED, WAITING, ...asked];
    expect(asked.size).toBeGreaterThan(6);
    for (const place of PLACES) {
      await goTo(page, place);
      expect([place, await found(page, all)]).toEqual([place, []]);
      if (place === '/requests') {
        for (const index of [0, 3, 6]) {
          await page.getByRole('list', { name: 'The last requests' }).getByRole('button').nth(index).click();
          await page.getByRole('dialog').waitFor();
          await page.waitForTimeout(200);
          expect([index, await found(page, all)]).toEqual([index, []]);
          await page.keyboard.press('Escape');
          await page.getByRole('dialog').waitFor({ state: 'detached' });
        }
      }
    }
    // The test can see one where it does stand.
    expect(await page.locator('input[data-personal]').count()).toBe(1);
    expect(await found(page, ['Playground'])).not.toEqual([]);
  } finally {
    await waiting.stop();
    await opened.close();
  }
});

/** One call with a CPF as what is asked for, another with one as the client; both are answered or wait. */
async function sendFromPlayground(page: Page): Promise<void> {
  const send = page.getByRole('button', { name: 'Send', exact: true });
  const client = page.getByLabel('Client id');
  await page.getByLabel('Priority').selectOption('0');
  await page.getByLabel(/^cpf/).fill(punctuated(TYPED));
  await send.click();
  await page
    .getByText(/^answered 200/)
    .first()
    .waitFor();
  await client.fill(AS_CLIENT);
  await send.click();
  await page.getByTestId('call').nth(1).waitFor();
  await client.fill('playground');
  expect(await found(page, [TYPED, AS_CLIENT, ...asked])).toEqual([]);
}

test('a CPF that is typed into a filter does not stay, and does not get into the address', async () => {
  const opened = await browser.open(gateway.adminUrl, '/requests');
  const { page } = opened;
  await page.getByLabel('Id or path').fill(punctuated(FILTER));
  await page.getByLabel('Client', { exact: true }).fill(FILTER);
  await page.keyboard.press('Tab');
  await page.waitForTimeout(1_000);
  expect(page.url()).not.toContain(FILTER);
  expect(decodeURIComponent(page.url())).not.toContain(punctuated(FILTER));
  await goTo(page, '/access');
  await page.getByLabel('Client has …').fill(`client:${FILTER}`);
  await page.waitForTimeout(1_000);
  expect(page.url()).not.toContain(FILTER);
  await goTo(page, '/access?tab=tester');
  await page.getByLabel('Path').fill(`/ml/items/${FILTER}`);
  await page.getByLabel('Address it comes from').fill('127.0.0.1');
  await page.getByLabel('Client id').fill(FILTER);
  await page.getByRole('button', { name: 'Which rule decides?' }).click();
  await page.getByText(/^Passes/).waitFor();
  expect(page.url()).not.toContain(FILTER);
  await goTo(page, '/requests');
  expect(await found(page, [FILTER])).toEqual([]);
  await opened.close();
});
