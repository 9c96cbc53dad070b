import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { adminOf } from '../support/admin.ts';
import { type Sight, startBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { call } from '../support/score.ts';
import { type Started, startProcess } from '../support/started.ts';

/** Rules that are made, tried and deleted on the page hold for the very next call. */

let browser: TestBrowser;
let gateway: Started;
let opened: TestPage | undefined;

beforeAll(async () => {
  [browser, gateway] = await Promise.all([startBrowser(), startProcess()]);
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  await adminOf(gateway.adminUrl).send('POST', '/rules/import?mode=replace', []);
});

async function open(place: string, sight?: Sight): Promise<Page> {
  opened = await browser.open(gateway.adminUrl, place, sight);
  return opened.page;
}

const item = async (number: number, headers: Record<string, string> = {}) =>
  (await call(`${gateway.url}/ml/items/${number}`, { headers })).status;

test('a rule that is created refuses the next call, and one that is deleted lets it pass', async () => {
  const page = await open('/access');
  expect(await item(1)).toBe(200);
  await page.getByRole('button', { name: 'New rule' }).click();
  const editor = page.getByRole('dialog', { name: 'New rule' });
  await editor.getByLabel('Id', { exact: true }).fill('no-items');
  await editor.getByRole('radio', { name: 'Deny' }).check();
  await editor.getByLabel('Path').fill('/ml/items/*');
  await editor.getByRole('button', { name: 'Create the rule' }).click();
  await page.getByText('Rule no-items is in force').waitFor();
  expect(await item(1)).toBe(403);

  const row = page.getByRole('row').filter({ hasText: 'no-items' });
  expect(await row.innerText()).toContain('Deny');
  await row.getByRole('button', { name: 'Actions for rule no-items' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: 'Delete rule no-items?' });
  await question.getByText('So far it has decided').waitFor();
  expect(await item(1)).toBe(403);
  await question.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Rule no-items is deleted').waitFor();
  expect(await item(1)).toBe(200);
  await row.waitFor({ state: 'detached' });
});

test('the tester says which rule decides, and which are not asked', async () => {
  const admin = adminOf(gateway.adminUrl);
  await admin.addRule({ id: 'nobody', action: 'deny', path: '/ml/*' });
  await admin.addRule({ id: 'team-a', action: 'allow', client: 'client:team-a', path: '/ml/*' });
  const page = await open('/access?tab=tester');
  await page.getByLabel('Path').fill('/ml/items/1');
  await page.getByLabel('Address it comes from').fill('127.0.0.1');
  await page.getByLabel('Client id').fill('team-a');
  await page.getByRole('button', { name: 'Which rule decides?' }).click();
  const decision = page.getByRole('region', { name: 'Decision' });
  await decision.getByText('Passes: rule team-a allows it.').waitFor();
  const matching = decision.getByRole('listitem');
  expect(await matching.allInnerTexts()).toEqual([
    expect.stringMatching(/^decides\s+team-a/),
    expect.stringMatching(/^not asked\s+nobody/),
  ]);
  expect(await item(1, { 'client-id': 'team-a' })).toBe(200);

  await page.getByLabel('Client id').fill('team-b');
  await page.getByRole('button', { name: 'Which rule decides?' }).click();
  await decision.getByText('Denied by rule nobody.').waitFor();
  expect(await item(1, { 'client-id': 'team-b' })).toBe(403);
});

const REFUSED = [
  ['en-US', 'New rule', 'Limit for each client', 'Create the rule', /must be at most 1,000,000/],
  ['pt-BR', 'Nova regra', 'Limite por cliente', 'Criar a regra', /no máximo 1[.,]000[.,]000/],
] as const;

test.each(REFUSED)(
  'what the server refuses stands at its field: %s',
  async (locale, add, label, create, text) => {
    const page = await open('/access', { locale });
    await page.getByRole('button', { name: add }).click();
    const editor = page.getByRole('dialog');
    await editor.getByLabel(/^Id( |$)/).fill('too-much');
    const limit = editor.getByLabel(label);
    await limit.fill('2000000 per 1m');
    await editor.getByRole('button', { name: create }).click();
    const complaint = editor.getByRole('alert');
    await complaint.waitFor();
    expect(await complaint.innerText()).toMatch(text);
    expect(await limit.getAttribute('aria-invalid')).toBe('true');
    expect(await limit.getAttribute('aria-describedby')).toContain(
      (await complaint.getAttribute('id')) ?? '?',
    );
    for (const trouble of opened!.takeTroubles()) expect(trouble).toContain('400');
    expect((await adminOf(gateway.adminUrl).get('/rules')).json.total).toBe(0);
  },
);

test('a client on the deny list is freed by one click and its confirmation', async () => {
  const admin = adminOf(gateway.adminUrl);
  await admin.addRule({
    id: 'once',
    action: 'throttle',
    client: 'client:greedy',
    path: '/ml/*',
    limit: '1 per 1h',
    block_for: '10m',
  });
  const greedy = { 'client-id': 'greedy' };
  expect(await item(1, greedy)).toBe(200);
  expect(await item(1, greedy)).not.toBe(200);
  expect(await item(1, greedy)).toBe(403);

  const page = await open('/access?tab=denied');
  const row = page.getByRole('row').filter({ hasText: 'greedy' });
  await row.getByText(/^(9|10) min( \d+ s)? left$/).waitFor();
  await row.getByRole('button', { name: 'Lift' }).click();
  const question = page.getByRole('dialog');
  await question.getByText(/begins anew/).waitFor();
  expect(await item(1, greedy)).toBe(403);
  await question.getByRole('button', { name: 'Lift' }).click();
  await page.getByText('Nobody is denied').waitFor();
  expect(await item(1, greedy)).toBe(200);
});
