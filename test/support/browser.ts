import { setDefaultTimeout } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ROOT } from './cli.ts';

// A page on a busy machine takes its time; each wait inside a test still ends by itself.
setDefaultTimeout(60_000);

/** Why there is no browser here, and what to do about it. */
export const CHROMIUM_MISSING =
  'Chromium is not installed (Debian: apt-get install chromium; or name a program in CHROMIUM)';

/** Git ignores it. */
const SCREENSHOTS = join(ROOT, 'test/output/screenshots');

const VIEWPORTS = {
  wide: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
} as const;

/** Who looks, and at what. Each page has a profile of its own: nothing is kept from another. */
export interface Sight {
  /** Default `en-US`. */
  readonly locale?: 'en-US' | 'pt-BR';
  /** What the system prefers. Default `light`. */
  readonly theme?: 'light' | 'dark';
  /** Default `wide`. */
  readonly viewport?: keyof typeof VIEWPORTS;
  /** Default false. */
  readonly reducedMotion?: boolean;
}

export interface TestBrowser {
  /** The dashboard of a gateway, at a place in it such as `/upstreams/score`. Throws when it is not answered. */
  open(adminUrl: string, place?: string, sight?: Sight): Promise<TestPage>;
  close(): Promise<void>;
}

export interface TestPage {
  readonly page: Page;
  /**
   * What went wrong since it was last asked: errors in the console (what the content security policy refused is
   * one), exceptions, requests without an answer. Left out: requests that the page itself ended.
   */
  takeTroubles(): string[];
  /** Writes test/output/screenshots/<name>.png, and says where that is. */
  screenshot(name: string): Promise<string>;
  /** Serious and critical violations that axe-core finds (WCAG 2.2 A and AA), one line for each element. */
  accessibilityViolations(): Promise<string[]>;
  /** Throws when there are troubles that nobody took. */
  close(): Promise<void>;
}

/** A headless Chromium with an empty profile. Throws when there is none on this machine. */
export async function startBrowser(): Promise<TestBrowser> {
  const executablePath = process.env.CHROMIUM || Bun.which('chromium') || Bun.which('chromium-browser');
  if (!executablePath) throw new Error(CHROMIUM_MISSING);
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    open: (adminUrl, place = '', sight = {}) => openPage(browser, adminUrl, place, sight),
    close: () => browser.close(),
  };
}

async function openPage(browser: Browser, adminUrl: string, place: string, sight: Sight): Promise<TestPage> {
  const context = await browser.newContext({
    ...VIEWPORTS[sight.viewport ?? 'wide'],
    locale: sight.locale ?? 'en-US',
    colorScheme: sight.theme ?? 'light',
    reducedMotion: sight.reducedMotion === true ? 'reduce' : 'no-preference',
    timezoneId: 'America/Sao_Paulo',
  });
  const page = await context.newPage();
  let troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => troubles.push(`exception: ${error.stack ?? error.message}`));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'failed';
    if (reason !== 'net::ERR_ABORTED') troubles.push(`request: ${reason} ${request.url()}`);
  });

  const url = `${adminUrl}/${place === '' ? '' : `#${place}`}`;
  const answer = await page.goto(url);
  if (answer?.status() !== 200) {
    await context.close();
    throw new Error(`${url} was answered ${answer?.status()}: is the dashboard built (npm run build)?`);
  }
  return {
    page,
    takeTroubles() {
      const taken = troubles;
      troubles = [];
      return taken;
    },
    async screenshot(name) {
      const path = join(SCREENSHOTS, `${name}.png`);
      mkdirSync(dirname(path), { recursive: true });
      await page.screenshot({ path, animations: 'disabled' });
      return path;
    },
    accessibilityViolations: () => violationsOn(page),
    async close() {
      await context.close();
      if (troubles.length > 0) throw new Error(`the page was in trouble:\n${troubles.join('\n')}`);
    },
  };
}

/** The debugger's way into the page is not the page's own: its policy stays in force. */
async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      resultTypes: ['violations'],
    });
    return violations.map(({ id, impact, help, nodes }) => ({
      id,
      impact,
      help,
      elements: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary ?? ''}`),
    }));
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, elements }) => elements.map((element) => `${id} (${help}) at ${element}`));
}
