import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page, Request } from 'playwright-core';
import { adminOf } from '../support/admin.ts';
import { type Sight, startBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { lineUp } from '../support/line-up.ts';
import { call } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** A viewer sees everything and changes nothing: the page says so, and the server sees to it. */

const OPERATOR = 'operator-token-for-this-test';
const VIEWER = 'viewer-token-for-this-test';

let browser: TestBrowser;
let gateway: Started;
let opened: TestPage | undefined;

beforeAll(async () => {
  const env = { ADMIN_TOKEN: OPERATOR, VIEWER_TOKEN: VIEWER };
  [browser, gateway] = await Promise.all([startBrowser(), startProcess([], { env })]);
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const as = (token: string) => adminOf(gateway.adminUrl, { authorization: `Bearer ${token}` });

async function signIn(token: string, place: string, sight?: Sight): Promise<Page> {
  opened = await browser.open(gateway.adminUrl, place, sight);
  const { page } = opened;
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.keyboard.press('Enter');
  await page.locator('[data-stale=false]').waitFor();
  for (const trouble of opened.takeTroubles()) expect(trouble).toContain('401');
  return page;
}

const PAUSE = { for: '1m', reason: 'a viewer wants it' };

/** What may be asked by POST without changing anything. */
const QUESTIONS = ['/bursts/forecast', '/rules/test'];

const isChange = (request: Request) =>
  request.url().includes('/api/v1/') &&
  request.method() !== 'GET' &&
  !QUESTIONS.some((question) => request.url().endsWith(question));

/** The pages, and what an operator could press there. */
const ACTING: readonly (readonly [place: string, title: string, ...buttons: string[]])[] = [
  ['/', 'Overview'],
  [
    '/upstreams/score',
    'score',
    'Force open …',
    'Force closed …',
    'Reset …',
    'Change …',
    'Pause …',
    'Clear …',
  ],
  ['/playground', 'Playground', 'Send', 'Burst of 20'],
  ['/load-test', 'Load test', 'Start the burst'],
  ['/requests', 'Requests'],
  ['/access', 'Access', 'New rule', 'Import'],
  ['/access?tab=denied', 'Access', 'Lift'],
  ['/usage', 'Usage'],
  ['/cache', 'Cache', 'Purge everything'],
  ['/configuration', 'Configuration', 'Reload the file'],
];

test('a viewer sees every page, and no button of it changes anything', async () => {
  await as(OPERATOR).addRule({
    id: 'once',
    action: 'throttle',
    client: 'client:greedy',
    path: '/ml/*',
    limit: '1 per 1h',
    block_for: '10m',
  });
  const greedy = { headers: { 'client-id': 'greedy' } };
  for (let index = 0; index < 3; index++) await call(`${gateway.url}/ml/items/1`, greedy);
  const waiting = await lineUp(gateway, 20, { token: OPERATOR });

  const page = await signIn(VIEWER, '/');
  const changes: string[] = [];
  page.on('request', (request) => {
    if (isChange(request)) changes.push(`${request.method()} ${request.url()}`);
  });
  for (const [place, title, ...buttons] of ACTING) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, place);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    for (const name of buttons) {
      const button = page.getByRole('button', { name, exact: true }).first();
      await button.waitFor();
      const isOff = (await button.isDisabled()) || (await button.getAttribute('aria-disabled')) === 'true';
      expect([place, name, isOff]).toEqual([place, name, true]);
      // A hand that presses it all the same.
      await button.evaluate((element) => (element as HTMLElement).click());
    }
    if (buttons.length > 0) expect([place, await saysWhy(page)]).toEqual([place, true]);
  }
  expect(await page.getByRole('dialog').count()).toBe(0);
  expect(changes).toEqual([]);

  // Even the same questions that the buttons would have asked are refused by the server.
  const viewer = as(VIEWER);
  const asked = [
    ['POST', '/upstreams/score/breaker', { state: 'open', for: '30s' }],
    ['PATCH', '/upstreams/score', { pause: PAUSE }],
    ['PATCH', '/upstreams/score', { queue: { policy: 'fifo' } }],
    ['DELETE', '/upstreams/score/queue', undefined],
    ['POST', '/playground', { route: '/proxy/score', method: 'GET' }],
    ['POST', '/bursts', { route: '/proxy/score' }],
    ['POST', '/rules', { id: 'mine', action: 'allow' }],
    ['DELETE', '/denied/client%3Agreedy', undefined],
    ['DELETE', '/cache', undefined],
    ['POST', '/config/reload', undefined],
  ] as const;
  for (const [method, path, body] of asked) {
    const { status } = await viewer.send(method, path, body);
    expect([method, path, status]).toEqual([method, path, 403]);
  }
  const status = (await viewer.get('/upstreams/score')).json.status;
  expect(status).toMatchObject({ policy: 'priority', breaker: { state: 'closed', forced: false } });
  expect(status.pause?.reason).not.toBe(PAUSE.reason);
  expect(status.waiting).toBeGreaterThan(0);
  await as(OPERATOR).send('DELETE', '/upstreams/score/queue');
  await waiting.ended;
});

/** In sight, or in the words that a button has for who points at it. */
async function saysWhy(page: Page): Promise<boolean> {
  const sentence = 'You are signed in as a viewer';
  const told = page.locator(`[title^="${sentence}"], [aria-description^="${sentence}"]`);
  return (await page.getByText(sentence).count()) + (await told.count()) > 0;
}

test('a refusal of the server is told in the language of the page', async () => {
  opened = await browser.open(gateway.adminUrl, '/upstreams/score', { locale: 'pt-BR' });
  const { page } = opened;
  await page.getByLabel('Token', { exact: true }).fill(OPERATOR);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Forçar aberto …' }).click();
  // Meanwhile somebody takes the right away: the answer is that of a viewer's token.
  await page.route('**/api/v1/upstreams/score/breaker', (route) =>
    route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${VIEWER}` } }),
  );
  await page.getByRole('dialog').getByRole('button', { name: 'Forçar aberto' }).click();
  const alert = page.getByRole('dialog').getByRole('alert');
  await alert.getByText('O token não permite isto').waitFor();
  expect(await alert.innerText()).not.toMatch(/\b(the|may|token of)\b/i);
  for (const trouble of opened.takeTroubles()) expect(trouble).toMatch(/401|403/);
  expect((await as(VIEWER).get('/upstreams/score')).json.status.breaker.state).toBe('closed');
});
