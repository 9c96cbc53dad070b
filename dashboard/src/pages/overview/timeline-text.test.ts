import { expect, test } from 'bun:test';
import i18next, { type TFunction } from 'i18next';
import { formatFor } from '../../i18n/format.ts';
import en from '../../i18n/locales/en/overview.json';
import pt from '../../i18n/locales/pt-BR/overview.json';
import { PORTUGUESE_MESSAGES } from '../../i18n/server-messages.pt-BR.ts';
import { takeMessages } from '../../i18n/server-messages.ts';
import { timelineEntry } from './timeline-entry.fixture.ts';
import { lineOf } from './timeline-line.ts';
import { timelineText } from './timeline-text.ts';

takeMessages(PORTUGUESE_MESSAGES);

const LANGUAGES = ['en', 'pt-BR'] as const;
const texts = i18next.createInstance();
await texts.init({
  fallbackLng: false,
  interpolation: { escapeValue: false },
  resources: { en: { overview: en }, 'pt-BR': { overview: pt } },
});

function text(language: (typeof LANGUAGES)[number], entry: ReturnType<typeof timelineEntry>): string {
  const t = texts.getFixedT(language, 'overview') as TFunction<'overview'>;
  return timelineText(lineOf(entry).sentence, t, formatFor(language));
}

test('a line is one plain sentence', () => {
  const opened = timelineEntry('breaker', {
    from: 'closed',
    to: 'open',
    reason: 'consecutive',
    for_ms: 30_000,
  });
  expect(text('en', opened)).toBe('Breaker opened: too many failures in a row. Next probe after 30 s.');
  const refused = timelineEntry('provider_pause', { status: 429, for_ms: 2_000, reason: '…' });
  expect(text('en', refused)).toBe('The provider answered 429: no call goes out for 2 s.');
  expect(text('pt-BR', refused)).toBe('O provedor respondeu 429: nenhuma chamada sai por 2 s.');
  const burst = timelineEntry('burst', { status: 'done', count: 50, succeeded: 50 });
  expect(text('en', burst)).toBe('The load test ended: 50 of 50 succeeded.');
});

test('an action without words is shown by its code', () => {
  const facts = { actor: 'operator@10.0.0.1', action: 'moon.land', subject: 'moon' };
  expect(text('en', timelineEntry('operator', facts, null))).toBe(
    '`operator@10.0.0.1` did `moon.land` (`moon`).',
  );
});

test('a pause without an end says so', () => {
  expect(text('en', timelineEntry('paused', { for_ms: null, reason: 'maintenance' }))).toBe(
    'Paused until it is lifted: maintenance.',
  );
});

test('what the gateway gives as a reason is told in the language of the page, what a person wrote as it is', () => {
  const paused = (reason: string) => timelineEntry('paused', { for_ms: 2_000, reason });
  expect(text('pt-BR', paused('the upstream answered 503 and asked for a pause'))).toBe(
    'Pausado por 2 s: o upstream respondeu 503 e pediu uma pausa.',
  );
  expect(text('pt-BR', paused('provider maintenance'))).toBe('Pausado por 2 s: provider maintenance.');
});

const EVERY_KIND = [
  timelineEntry('started', {}),
  timelineEntry('started', { version: '1.0.0' }),
  timelineEntry('breaker', { from: 'closed', to: 'open', reason: 'moon' }),
  timelineEntry('breaker', { from: 'open', to: 'half_open' }),
  timelineEntry('breaker', { from: 'half_open', to: 'closed' }),
  timelineEntry('breaker', { from: 'forced', to: 'closed' }),
  ...['open', 'closed', 'half_open'].map((as) =>
    timelineEntry('breaker', { from: 'closed', to: 'forced', as, for_ms: 30_000 }),
  ),
  timelineEntry('resumed', {}),
  timelineEntry('operator', { actor: 'a', action: 'rule.create', subject: 'r1' }),
  timelineEntry('reload', {}),
  timelineEntry('reload', { applied: 0, restart: 0 }),
  timelineEntry('reload', { applied: 2, restart: 0 }),
  timelineEntry('reload', { applied: 2, restart: 1 }),
  timelineEntry('burst', { status: 'running' }),
  timelineEntry('burst', { status: 'running', count: 1 }),
  timelineEntry('burst', { status: 'done' }),
  timelineEntry('burst', { status: 'aborted', count: 50, succeeded: 3 }),
  timelineEntry('ledger', { status: 'degraded' }),
  timelineEntry('ledger', { status: 'ok' }),
  timelineEntry('state', { status: 'away', reason: null }),
  timelineEntry('state', { status: 'ok', reason: null }),
];

test.each([...LANGUAGES])('every line has its words and its values in %s', (language) => {
  for (const entry of EVERY_KIND) {
    const shown = text(language, entry);
    expect(shown).toMatch(/\p{L}+ .*\.$/u);
    expect(shown).not.toMatch(/\{\{|undefined|timeline\./);
  }
});
