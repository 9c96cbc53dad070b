import { describe, expect, test } from 'bun:test';
import type { RuleVerdict } from '../../api/types.ts';
import { isComplete, questionOf, searchOfTest, sentenceOf, testFormOf } from './rule-test-question.ts';

describe('the question and the address', () => {
  test('read back what they wrote', () => {
    const form = { method: 'POST', path: '/ml/items/1', ip: '192.168.100.200', client: 'web' };
    expect(testFormOf(searchOfTest(form))).toEqual(form);
    expect(isComplete(form)).toBe(true);
  });

  test('begin with a GET of this machine', () => {
    const form = testFormOf({});
    expect(form).toEqual({ method: 'GET', path: '', ip: '127.0.0.1', client: '' });
    expect(isComplete(form)).toBe(false);
  });

  test('leave a tax id out of the address, and ask with it all the same', () => {
    const form = { method: 'GET', path: '/score/52998224725', ip: '10.0.0.1', client: '529.982.247-25' };
    expect(searchOfTest(form)).toEqual({
      method: undefined,
      path: undefined,
      ip: '10.0.0.1',
      client: undefined,
    });
    expect(questionOf(form)).toEqual({
      method: 'GET',
      path: '/score/52998224725',
      ip: '10.0.0.1',
      client_id: '529.982.247-25',
    });
  });

  test('hide one that stands in the address, and do not ask with what is left', () => {
    const form = testFormOf({ path: '/score/52998224725', ip: '10.0.0.1' });
    expect(form.path).toBe('/score/***');
    expect(isComplete(form)).toBe(false);
  });

  test('name no client where none is given', () => {
    expect('client_id' in questionOf(testFormOf({ path: '/x' }))).toBe(false);
  });
});

describe('sentenceOf', () => {
  const verdict = (given: Partial<RuleVerdict>): RuleVerdict => ({
    decision: 'pass',
    winner: null,
    retry_in_ms: null,
    limit: null,
    counters: null,
    deny_list: null,
    shadow: null,
    path: '/x',
    other_readings: [],
    rules: [],
    rules_omitted: 0,
    ...given,
  });
  const limit = { count: 5, window_ms: 60_000, remaining: 2.5, reset_in_ms: 10 };

  test('tells each decision', () => {
    expect(sentenceOf(verdict({}))).toEqual({ key: 'passNoRule', tone: 'ok', rule: '' });
    expect(sentenceOf(verdict({ winner: 'a' })).key).toBe('passAllowed');
    expect(sentenceOf(verdict({ winner: 'a', limit }))).toEqual({
      key: 'passCounted',
      tone: 'ok',
      rule: 'a',
      left: 2,
      most: 5,
    });
    expect(sentenceOf(verdict({ decision: 'throttled', winner: 'a', limit, retry_in_ms: 900 }))).toEqual({
      key: 'throttled',
      tone: 'warn',
      rule: 'a',
      waitMs: 900,
    });
    expect(sentenceOf(verdict({ decision: 'denied', winner: 'a' })).key).toBe('denied');
    expect(sentenceOf(verdict({ decision: 'denied', winner: 'a', limit, retry_in_ms: 1 })).key).toBe(
      'deniedOverLimit',
    );
  });

  test('the deny list goes before any rule', () => {
    const denied = verdict({
      decision: 'denied',
      winner: 'a',
      retry_in_ms: 5_000,
      deny_list: { client: 'client:b', rule: 'try' },
    });
    expect(sentenceOf(denied)).toEqual({ key: 'denyList', tone: 'bad', rule: 'try', waitMs: 5_000 });
  });
});
