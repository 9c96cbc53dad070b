import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import net from 'node:net';
import type { Page } from 'playwright-core';
import { cpfAt } from '../../src/shared/cpf.ts';
import { adminOf } from '../support/admin.ts';
import { startBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { until } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** Long collections: the wire carries pages of them, and the document the rows in sight. */

/** What is asked for, or what the limit of open files leaves room for: a socket here for each one who waits. */
const SPARE_FILES = 500;
const WAITING = Math.min(10_500, openFiles() - SPARE_FILES);
const RULES = 10_000;
const MOST_ROWS_ASKED = 200;
const MOST_ROWS_DRAWN = 100;
/** A page of a hundred rows is far below it, ten thousand rows are far above. */
const MOST_BYTES = 64 * 1_024;

let browser: TestBrowser;
let gateway: Started;
let opened: TestPage | undefined;
const sockets: net.Socket[] = [];

beforeAll(async () => {
  const env = { QUEUE_MAX_SIZE: '20000', REQUEST_TIMEOUT_SECONDS: '30000' };
  [browser, gateway] = await Promise.all([startBrowser(), startProcess([], { env })]);
  // Read, whatever it says: ten thousand clients that leave are as many lines, and a full pipe would hold it up.
  void gateway.rest();
}, 30_000);
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await browser.close();
  await gateway.stop();
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/** Of this process; a browser and a gateway have their own. */
function openFiles(): number {
  const limit = Bun.spawnSync({ cmd: ['sh', '-c', 'ulimit -n'] })
    .stdout.toString()
    .trim();
  return limit === 'unlimited' ? 1_000_000 : Number(limit);
}

/** What the page asks for and gets, besides the live stream. */
function watchAnswers(page: Page): { limits: number[]; bytes: Promise<number>[] } {
  const limits: number[] = [];
  const bytes: Promise<number>[] = [];
  page.on('response', (response) => {
    const url = new URL(response.url());
    if (!url.pathname.includes('/api/v1/') || url.pathname.endsWith('/live')) return;
    if (/\/(queue|rules)$/.test(url.pathname)) limits.push(Number(url.searchParams.get('limit') ?? Infinity));
    // One that the page ended has no body.
    bytes.push(
      response.body().then(
        (body) => body.length,
        () => 0,
      ),
    );
  });
  return { limits, bytes };
}

async function expectPages({ limits, bytes }: ReturnType<typeof watchAnswers>): Promise<void> {
  expect(limits.length).toBeGreaterThan(0);
  expect(Math.max(...limits)).toBeLessThanOrEqual(MOST_ROWS_ASKED);
  expect(Math.max(...(await Promise.all(bytes)))).toBeLessThan(MOST_BYTES);
}

test(`${WAITING} requests wait: the list asks for pages, draws what is in sight, and reaches the last one`, async () => {
  const { hostname, port } = new URL(gateway.url);
  for (let index = 0; index < WAITING; index++) {
    const socket = net.connect(Number(port), hostname, () =>
      socket.write(
        `GET /proxy/score?cpf=${cpfAt(index)}&priority=${index % 8} HTTP/1.1\r\nHost: gw\r\nclient-id: c${index % 50}\r\n\r\n`,
      ),
    );
    socket.on('error', () => undefined);
    sockets.push(socket);
    if (index % 500 === 499) await Bun.sleep(0);
  }
  const admin = adminOf(gateway.adminUrl);
  await until(async () => (await admin.get('/upstreams/score')).json.status.waiting > WAITING - 100, 30_000);

  opened = await browser.open(gateway.adminUrl);
  const { page } = opened;
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  const answers = watchAnswers(page);
  await page
    .getByRole('link', { name: /^score/ })
    .first()
    .click();
  const list = page.getByRole('list', { name: 'Who waits, the next one first' });
  const rows = list.getByRole('listitem');
  await rows.filter({ hasText: 'Position: 0' }).waitFor();
  const waiting = Number((await page.getByTestId('waiting').innerText()).replace(/\D/g, ''));
  expect(waiting).toBeGreaterThan(WAITING - 200);
  expect(await rows.count()).toBeLessThan(MOST_ROWS_DRAWN);
  expect(await rows.first().getAttribute('aria-setsize')).toMatch(/^\d{4,}$/);

  // To the end, as a hand on the scroll bar goes there.
  await list.evaluate((element) => element.parentElement?.scrollTo(0, 1e9));
  await rows
    .filter({ hasText: /Urgency: 7/ })
    .last()
    .waitFor();
  expect(await rows.count()).toBeLessThan(MOST_ROWS_DRAWN);
  const last = await rows.last().innerText();
  expect(Number(/Position: ?\n?([\d,]+)/.exec(last)?.[1]?.replace(',', ''))).toBeGreaterThan(WAITING - 300);
  // The pages in between flew by.
  expect(answers.limits.length).toBeLessThan(WAITING / 100);

  // One lane of it is a list of its own.
  await page.getByTestId('lane-0').click();
  await rows
    .filter({ hasText: /Urgency: 0/ })
    .first()
    .waitFor();
  expect(await rows.count()).toBeLessThan(MOST_ROWS_DRAWN);
  await expectPages(answers);
}, 90_000);

test(`${RULES} rules: the table has one page of them`, async () => {
  const rules = Array.from({ length: RULES }, (_, index) => ({
    id: `rule-${String(index).padStart(5, '0')}`,
    action: 'deny',
    client: `client:customer-${index}`,
    path: `/ml/items/${index}`,
  }));
  const imported = await adminOf(gateway.adminUrl).send('POST', '/rules/import?mode=replace', { rules });
  expect(imported.json).toMatchObject({ created: RULES });

  opened = await browser.open(gateway.adminUrl);
  const { page } = opened;
  const answers = watchAnswers(page);
  await page.getByRole('link', { name: 'Access' }).first().click();
  const table = page.getByRole('table', { name: 'Access rules' });
  await page.getByText('1–100 of 10,000').waitFor();
  await table.getByText('rule-00000').waitFor();
  expect(await table.getByRole('row').count()).toBeLessThanOrEqual(MOST_ROWS_DRAWN + 1);
  await page.getByRole('button', { name: 'Next page' }).click();
  await table.getByText('rule-00100').waitFor();
  expect(await table.getByText('rule-00000').count()).toBe(0);
  await page.getByLabel('Path has …').fill('/ml/items/9999');
  await page.getByText('1–1 of 1').waitFor();
  await table.getByText('rule-09999').waitFor();
  await expectPages(answers);
});
