import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { cpfAt } from '../../src/shared/cpf.ts';
import { adminOf } from '../support/admin.ts';
import { startBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { score, wrongCpf } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** The circuit breaker as the person on call sees it: it opens, says when it tries again, and obeys a hand. */

/** Seconds. */
const OPEN_FOR = 8;

let browser: TestBrowser;
let gateway: Started;
let opened: TestPage | undefined;

beforeAll(async () => {
  // A tenth more than the sandbox asks for: a machine that stands still for a moment is not the matter here.
  const env = { CIRCUIT_BREAKER_RESET_TIMEOUT: String(OPEN_FOR), RATE_LIMIT_SECONDS: '1.1' };
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

async function open(place: string): Promise<{ page: Page; verdict: Locator }> {
  opened = await browser.open(gateway.adminUrl, place);
  return { page: opened.page, verdict: opened.page.getByTestId('verdict') };
}

/** Resolves with the seconds that the verdict counts down from, read from its sentence. */
async function secondsIn(verdict: Locator, sentence: RegExp): Promise<number> {
  const text = await verdict.getByText(sentence).first().innerText();
  return Number(sentence.exec(text)?.[1]);
}

test('three invalid CPFs open it, the verdict counts down to the probe, and one good call closes it', async () => {
  const { page, verdict } = await open('/playground');
  const cpf = page.getByLabel(/^cpf/);
  const send = page.getByRole('button', { name: 'Send', exact: true });
  const calls = page.getByTestId('call');
  for (let index = 0; index < 3; index++) {
    await cpf.fill(wrongCpf(index));
    await send.click();
  }
  await calls
    .nth(2)
    .getByText(/^answered 400/)
    .waitFor();
  const sentence = /^score breaker OPEN: 3 failures in a row, next probe in (\d) s$/;
  const first = await secondsIn(verdict, sentence);
  expect(first).toBeLessThanOrEqual(OPEN_FOR);
  expect(await verdict.getAttribute('data-tone')).toBe('bad');

  // Meanwhile a call is refused at once, and says why.
  await cpf.fill(cpfAt(1));
  await send.click();
  await calls
    .first()
    .getByText(/^answered 503/)
    .waitFor();
  expect(await calls.first().innerText()).toContain('circuit_open');

  const countdown: number[] = [first];
  while (countdown.at(-1)! > 1) {
    const last = countdown.at(-1)!;
    await verdict.getByText(`next probe in ${last} s`).waitFor({ state: 'detached' });
    if (!(await verdict.innerText()).includes('next probe in')) break;
    countdown.push(await secondsIn(verdict, sentence));
  }
  expect(countdown.length).toBeGreaterThanOrEqual(3);
  expect(countdown).toEqual([...countdown].sort((a, b) => b - a));
  await verdict.getByText(/next probe now|half-open/).waitFor();

  await cpf.fill(cpfAt(2));
  await send.click();
  await calls
    .first()
    .getByText(/^answered 200/)
    .waitFor();
  await verdict.getByText(/breaker/).waitFor({ state: 'detached' });
  expect(await verdict.getAttribute('data-tone')).not.toBe('bad');

  // The transitions stand on the upstream's page, in words.
  await page.getByRole('link', { name: 'score' }).first().click();
  await page.locator('[data-testid=breaker-diagram][data-state=closed]').waitFor();
  const transitions = await page.getByRole('region', { name: 'Circuit breaker' }).innerText();
  expect(transitions).toContain('half-open → closed');
  expect(transitions).toContain('closed → open');
});

test('forced open for 30 s, cached answers still flow and the verdict says so; a reset ends it', async () => {
  const cached = cpfAt(10);
  expect((await score(gateway.url, cached)).status).toBe(200);
  const { page, verdict } = await open('/upstreams/score');
  await page.getByRole('button', { name: 'Force open …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Nobody waits now.').waitFor();
  await dialog.getByRole('radio', { name: '30 s' }).check();
  await dialog.getByRole('button', { name: 'Force open' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.locator('[data-testid=breaker-diagram][data-state=open]').waitFor();

  expect((await score(gateway.url, cached)).status).toBe(200);
  const refused = await score(gateway.url, cpfAt(11));
  expect([refused.status, refused.json.code]).toEqual([503, 'circuit_open']);
  const sentence = /^score breaker forced OPEN by an operator for (\d+) s more; answering from cache$/;
  const first = await secondsIn(verdict, sentence);
  expect(first).toBeLessThanOrEqual(30);
  await verdict.getByText(`for ${first} s more`).waitFor({ state: 'detached' });
  expect(await secondsIn(verdict, sentence)).toBeLessThan(first);

  await page.getByRole('button', { name: 'Reset …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
  await page.locator('[data-testid=breaker-diagram][data-state=closed]').waitFor();
  await verdict.getByText(/forced/).waitFor({ state: 'detached' });
  expect((await score(gateway.url, cpfAt(11))).status).toBe(200);
});

test('it cannot be forced without an end, and what is forced ends by itself', async () => {
  const { page, verdict } = await open('/upstreams/score');
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') asked.push(request.postData() ?? '');
  });
  await page.getByRole('button', { name: 'Force closed …' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('radio').count()).toBeGreaterThan(1);
  await dialog.getByRole('radio', { name: 'Other …' }).check();
  await dialog.getByRole('button', { name: 'Force closed' }).click();
  await dialog.getByText('Enter a duration, such as 90s.').waitFor();
  await dialog.getByLabel('Duration').fill('2 days');
  await dialog.getByText('This is no duration.').waitFor();
  expect(asked).toEqual([]);
  const answer = await adminOf(gateway.adminUrl).send('POST', '/upstreams/score/breaker', {
    state: 'closed',
  });
  expect(answer.status).toBe(400);

  await dialog.getByLabel('Duration').fill('2s');
  await dialog.getByRole('button', { name: 'Force closed' }).click();
  await verdict.getByText(/breaker forced CLOSED by an operator for \d s more/).waitFor();
  await verdict.getByText(/forced CLOSED/).waitFor({ state: 'detached' });
  expect(asked).toEqual([JSON.stringify({ state: 'closed', for: '2s' })]);
});
