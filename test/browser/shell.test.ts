import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { type Started, startProcess } from '../support/started.ts';

/** What is around every page: signing in, whether the numbers are live, the palette, language and theme. */

const OPERATOR = 'operator-token-for-this-test';
const VIEWER = 'viewer-token-for-this-test';

let browser: TestBrowser;
let opened: TestPage | undefined;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

describe('a gateway that is killed and started again', () => {
  test('greys the numbers, says since when, tells what to look at, and heals by itself', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'comporta-heal-'));
    let gateway = await startProcess([], { cwd });
    try {
      opened = await browser.open(gateway.adminUrl);
      const { page } = opened;
      const age = page.getByTestId('live-age');
      await age.getByText('live', { exact: true }).waitFor();
      const marker = await page.evaluate(() => {
        document.body.dataset.sameDocument = 'yes';
        return document.body.dataset.sameDocument;
      });
      expect(marker).toBe('yes');

      gateway.kill('SIGKILL');
      await gateway.exited;
      await age.getByText(/^not live since/).waitFor();
      expect(await page.getByTestId('verdict').innerText()).toContain('No live data since');
      expect(await page.locator('[data-stale="true"]').count()).toBe(1);
      const number = page.locator('.live-number').first();
      expect(await number.evaluate((element) => Number(getComputedStyle(element).opacity))).toBeLessThan(1);
      await page.getByTestId('gone').waitFor();

      const port = new URL(gateway.adminUrl).port;
      gateway = await startProcess(['--admin-listen', `127.0.0.1:${port}`], { cwd });
      await age.getByText('live', { exact: true }).waitFor();
      await page.getByTestId('gone').waitFor({ state: 'detached' });
      expect(await page.locator('[data-stale="false"]').count()).toBe(1);
      // Nobody loaded the page again.
      expect(await page.evaluate(() => document.body.dataset.sameDocument)).toBe('yes');
      for (const trouble of opened.takeTroubles()) expect(trouble).toContain('ERR_');
      // Before the gateway, whose end would be one more trouble.
      await opened.close();
      opened = undefined;
    } finally {
      await gateway.stop();
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});

describe('with tokens', () => {
  let gateway: Started;

  beforeAll(async () => {
    gateway = await startProcess([], { env: { ADMIN_TOKEN: OPERATOR, VIEWER_TOKEN: VIEWER } });
  });
  afterAll(() => gateway.stop());

  test('a wrong token gets a sentence, and is not tried again by itself', async () => {
    opened = await browser.open(gateway.adminUrl);
    const { page } = opened;
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.getByLabel('Token', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This token is not valid.').waitFor();
    // Long enough for any loop to show itself.
    await page.waitForTimeout(2_500);
    expect(asked.filter((url) => url.includes('/api/'))).toHaveLength(1);
    expect(await page.getByText('Overview').count()).toBe(0);
    for (const trouble of opened.takeTroubles()) expect(trouble).toContain('401');
  });

  test('the operator’s token opens the dashboard, lasts a reload, and is forgotten by signing out', async () => {
    opened = await browser.open(gateway.adminUrl);
    const { page } = opened;
    await page.getByLabel('Token', { exact: true }).fill(OPERATOR);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.reload();
    await page.getByTestId('live-age').getByText('live', { exact: true }).waitFor();
    expect(
      await page.evaluate(() => [JSON.stringify({ ...localStorage }), document.cookie].join()),
    ).not.toContain(OPERATOR);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain(OPERATOR);
    for (const trouble of opened.takeTroubles()) expect(trouble).toContain('401');
  });
});

describe('without a token', () => {
  let gateway: Started;

  beforeAll(async () => {
    gateway = await startProcess([], { env: { ENVIRONMENT: 'staging' } });
  });
  afterAll(() => gateway.stop());

  test('the palette finds a page by its name and goes there, by keyboard alone', async () => {
    opened = await browser.open(gateway.adminUrl);
    const { page } = opened;
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('config');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Configuration' }).waitFor();
    expect(page.url()).toContain('#/configuration');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('score');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/upstreams\/score/);
  });

  test('language and theme are chosen on the page, and remembered', async () => {
    opened = await browser.open(gateway.adminUrl);
    const { page } = opened;
    await page.getByRole('button', { name: 'Language' }).click();
    await page.getByRole('menuitemradio', { name: 'Português (Brasil)' }).click();
    await page.getByRole('heading', { level: 1, name: 'Visão geral' }).waitFor();
    await page.getByRole('button', { name: 'Tema' }).click();
    await page.getByRole('menuitemradio', { name: 'Escuro' }).click();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Visão geral' }).waitFor();
    expect(
      await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]),
    ).toEqual(['pt-BR', 'dark']);
  });

  test('the first key leads past the menu', async () => {
    opened = await browser.open(gateway.adminUrl);
    const { page } = opened;
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    expect(page.url()).not.toContain('content');
  });

  test('on a phone the menu opens as a drawer, and closes when a page is chosen', async () => {
    opened = await browser.open(gateway.adminUrl, '', { viewport: 'phone' });
    const { page } = opened;
    await page.getByRole('button', { name: 'Open the menu' }).click();
    await page.getByRole('dialog').getByRole('link', { name: 'Cache' }).click();
    await page.getByRole('heading', { level: 1, name: 'Cache' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('an address that names no page says so', async () => {
    opened = await browser.open(gateway.adminUrl, '/nowhere');
    await opened.page.getByText('There is no such page').waitFor();
    await opened.page.getByRole('link', { name: 'Go to the overview' }).click();
    await opened.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });

  test('the environment and the age of the numbers are in sight', async () => {
    opened = await browser.open(gateway.adminUrl);
    await opened.page.getByText('Environment: staging').first().waitFor({ state: 'attached' });
    await opened.page.getByTestId('live-age').getByText(/ago/).waitFor();
  });
});
