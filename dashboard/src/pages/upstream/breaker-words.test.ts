import { describe, expect, test } from 'bun:test';
import i18next, { type TFunction } from 'i18next';
import { formatFor } from '../../i18n/format.ts';
import en from '../../i18n/locales/en/upstream.json';
import pt from '../../i18n/locales/pt-BR/upstream.json';
import type { OpeningRule } from './breaker-path.ts';
import { countedLabel, countedText, ruleText, shareText } from './breaker-words.ts';

const texts = i18next.createInstance();
await texts.init({
  fallbackLng: false,
  interpolation: { escapeValue: false },
  resources: { en: { upstream: en }, 'pt-BR': { upstream: pt } },
});

type Words = typeof ruleText | typeof countedText;
const say = (words: Words, rule: OpeningRule, language: 'en' | 'pt-BR' = 'en') =>
  words(rule, texts.getFixedT(language, 'upstream') as TFunction<'upstream'>, formatFor(language));

const consecutive: OpeningRule = { kind: 'consecutive', failures: 3, now: 1 };
const failureRate = {
  kind: 'failure_rate',
  threshold: 0.5,
  minimum: 20,
  windowMs: 60_000,
  counted: { calls: 20, hits: 4 },
} as const satisfies OpeningRule;
const slowCalls = {
  kind: 'slow_calls',
  threshold: 0.25,
  minimum: 1_000,
  windowMs: 7_200_000,
  durationMs: 2_500,
  counted: { calls: 1_200, hits: 1 },
} as const satisfies OpeningRule;

describe('what opens a breaker', () => {
  test('is said with every threshold', () => {
    expect(say(ruleText, consecutive)).toBe('3 failures in a row');
    expect(say(ruleText, { ...consecutive, failures: 1 })).toBe('1 failure');
    expect(say(ruleText, failureRate)).toBe('50% of at least 20 calls in 1 min fail');
    expect(say(ruleText, slowCalls)).toBe('25% of at least 1,000 calls in 2 h take longer than 2.5 s');
  });

  test('in Portuguese too', () => {
    expect(say(ruleText, failureRate, 'pt-BR')).toBe('50% de pelo menos 20 chamadas em 1 min falham');
    expect(say(ruleText, slowCalls, 'pt-BR')).toBe(
      '25% de pelo menos 1.000 chamadas em 2 h levam mais de 2,5 s',
    );
  });
});

describe('what has been counted', () => {
  test('is said of the window that ends now', () => {
    expect(say(countedText, consecutive)).toBe('1 of 3');
    expect(say(countedText, failureRate)).toBe('4 of 20 calls failed in the last minute');
    expect(say(countedText, { ...failureRate, windowMs: 30_000 })).toBe(
      '4 of 20 calls failed in the last 30 s',
    );
    expect(say(countedText, slowCalls)).toBe('1 of 1,200 calls in the last 2 h');
  });

  test('under a name that says what is slow', () => {
    expect(say(countedLabel, failureRate)).toBe('Failed calls');
    expect(say(countedLabel, slowCalls)).toBe('Slower than 2.5 s');
    expect(say(countedLabel, slowCalls, 'pt-BR')).toBe('Mais lentas que 2,5 s');
  });

  test('in Portuguese minutes and hours have their own gender', () => {
    const in90s = { ...failureRate, windowMs: 90_000 };
    expect(say(countedText, failureRate, 'pt-BR')).toBe('4 de 20 chamadas com falha no último minuto');
    expect(say(countedText, in90s, 'pt-BR')).toBe('4 de 20 chamadas com falha nos últimos 1 min 30 s');
    expect(say(countedText, slowCalls, 'pt-BR')).toBe('1 de 1.200 chamadas nas últimas 2 h');
  });

  test('of no call there is no share, and what was not told is not made up', () => {
    expect(say(countedText, { ...failureRate, counted: { calls: 0, hits: 0 } })).toBe(
      'no calls in the last minute',
    );
    expect(say(countedText, { ...failureRate, counted: undefined })).toBeUndefined();
    expect(say(shareText, { ...failureRate, counted: undefined })).toBeUndefined();
  });
});

test('how far that is from opening it: below the minimum nothing is decided', () => {
  expect(say(shareText, failureRate)).toBe('20%, opens at 50%');
  expect(say(shareText, { ...failureRate, counted: { calls: 19, hits: 19 } })).toBe('decides from 20 on');
  expect(say(shareText, failureRate, 'pt-BR')).toBe('20%, abre com 50%');
  expect(say(shareText, consecutive)).toBeUndefined();
});
