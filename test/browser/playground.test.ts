import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { type Sight, startBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { lineUp } from '../support/line-up.ts';
import { type Started, startProcess } from '../support/started.ts';

/** One request and its life on the screen, from the button to the answer. */

let browser: TestBrowser;
let gateway: Started;
let opened: TestPage | undefined;

beforeAll(async () => {
  // A tenth more than the sandbox asks for: a machine that stands still for a moment is not the matter here.
  const env = { RATE_LIMIT_SECONDS: '1.1' };
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

async function openPlayground(sight?: Sight): Promise<Page> {
  opened = await browser.open(gateway.adminUrl, '/playground', sight);
  const { page } = opened;
  await page.getByLabel(/^cpf/).waitFor();
  return page;
}

/** The card of a request, by the badge that says how urgent it is. */
function callWith(page: Page, badge: string): Locator {
  return page.getByTestId('call').filter({ has: page.getByText(badge, { exact: true }) });
}

/** Where it was and is, as a line. */
const stepsOf = (call: Locator): Locator => call.getByRole('list').first();

test('with others before it, a request is queued with an ETA, then sent, then answered', async () => {
  const page = await openPlayground();
  const ahead = await lineUp(gateway, 6, { from: 1_000 });
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const call = page.getByTestId('call');
  const steps = stepsOf(call);

  const place = await steps.getByText(/^now at [1-9], ETA [1-9] s$/).innerText();
  const [, position, etaSec] = /now at (\d), ETA (\d) s/.exec(place)!;
  expect(Math.abs(Number(position) + 1 - Number(etaSec))).toBeLessThanOrEqual(1);
  expect(await call.getAttribute('data-phase')).toBe('queued');
  await steps.getByText(/^goes next, ETA/).waitFor();
  await steps.getByText(/^answered 200 in \d/).waitFor();
  expect(await steps.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringMatching(/^sent at \d/),
    expect.stringMatching(/^queued at [1-6]$/),
    expect.stringMatching(/^to score after \d/),
    expect.stringMatching(/^answered 200 in \d/),
  ]);
  expect(await call.getAttribute('data-phase')).toBe('answered');
  // What came back, and where the time went.
  expect(await call.getByText(/"score":/).count()).toBe(1);
  expect(await call.getByText('Where the time went').count()).toBeGreaterThan(0);
  expect(await ahead.ended).toEqual(Array(6).fill(200));
});

test('a request with priority 0 is answered before one without that was sent earlier', async () => {
  const page = await openPlayground();
  const ahead = await lineUp(gateway, 6, { from: 2_000 });
  await page.getByLabel('A new example after every “Send”', { exact: false }).check();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const plain = callWith(page, 'FIFO');
  await plain.getByText(/^now at \d/).waitFor();

  await page.getByLabel('Priority').selectOption('0');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const urgent = callWith(page, 'priority 0');
  await urgent.getByText(/^answered 200/).waitFor();
  expect(await plain.getAttribute('data-phase')).toBe('queued');
  await plain.getByText(/^answered 200/).waitFor();
  expect(await ahead.ended).toEqual(Array(6).fill(200));
});

test('the command that is copied makes the same call; the one that is shown hides the CPF', async () => {
  const page = await openPlayground();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByLabel('Client id').fill("o'brien");
  const cpf = await page.getByLabel(/^cpf/).inputValue();
  expect(cpf).toMatch(/^\d{11}$/);
  const shown = await page.getByTestId('curl').innerText();
  expect(shown).not.toContain(cpf);
  expect(shown).toContain('cpf=***');
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(`curl -i '${gateway.url}/proxy/score?cpf=${cpf}&client_id=o'\\''brien'`);
});

const MALFORMED = [
  ['en-US', 'Send', 'nothing was sent to the upstream'],
  ['pt-BR', 'Enviar', 'nada foi enviado ao upstream'],
] as const;

test.each(MALFORMED)(
  'a malformed CPF is refused in the language of the page: %s',
  async (locale, send, sentence) => {
    const page = await openPlayground({ locale });
    await page.getByLabel(/^cpf/).fill('12345');
    await page.getByRole('button', { name: send, exact: true }).click();
    const call = page.getByTestId('call');
    await call.getByText(sentence).waitFor();
    expect(await stepsOf(call).getByRole('listitem').last().innerText()).toContain('400');
    expect(await call.innerText()).not.toContain('12345');
  },
);

test('a request that waits is given up by its button, and leaves the queue', async () => {
  const page = await openPlayground();
  const ahead = await lineUp(gateway, 4, { from: 3_000 });
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const call = page.getByTestId('call');
  await call.getByText(/^now at \d/).waitFor();
  await call.getByRole('button', { name: 'Cancel the request' }).click();
  await call.getByText('cancelled', { exact: true }).waitFor();
  expect(await ahead.ended).toEqual([200, 200, 200, 200]);
  await page
    .getByTestId('verdict')
    .getByText(/^All quiet/)
    .waitFor();
});
