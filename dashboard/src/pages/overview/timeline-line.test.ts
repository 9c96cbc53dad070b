import { describe, expect, test } from 'bun:test';
import { timelineEntry } from './timeline-entry.fixture.ts';
import { lineOf } from './timeline-line.ts';

const key = (...entry: Parameters<typeof timelineEntry>) => lineOf(timelineEntry(...entry)).sentence.key;

describe('breaker', () => {
  test('opened, with reason and time', () => {
    const facts = { from: 'closed', to: 'open', reason: 'consecutive', for_ms: 30_000 };
    expect(lineOf(timelineEntry('breaker', facts))).toEqual({
      sentence: { key: 'breakerOpened', reason: 'consecutive', forMs: 30_000 },
      tone: 'bad',
    });
  });

  test('a reason of a newer gateway is unknown, not undefined', () => {
    const { sentence } = lineOf(timelineEntry('breaker', { from: 'closed', to: 'open', reason: 'moon' }));
    expect(sentence).toEqual({ key: 'breakerOpened', reason: 'unknown', forMs: undefined });
  });

  test('forced, by what it does to calls', () => {
    expect(key('breaker', { from: 'closed', to: 'forced', as: 'open', for_ms: 30_000 })).toBe(
      'breakerForcedOpen',
    );
    expect(key('breaker', { from: 'open', to: 'forced', as: 'closed', for_ms: 1 })).toBe(
      'breakerForcedClosed',
    );
  });

  test('closed after a probe, or because force ended', () => {
    expect(key('breaker', { from: 'half_open', to: 'closed' })).toBe('breakerClosed');
    expect(key('breaker', { from: 'forced', to: 'closed' })).toBe('breakerUnforced');
    expect(key('breaker', { from: 'open', to: 'half_open' })).toBe('breakerHalfOpen');
  });
});

test('a pause of the provider tells its status; one without end has no time', () => {
  const facts = { status: 429, for_ms: 2_000, reason: 'the upstream answered 429 and asked for a pause' };
  expect(lineOf(timelineEntry('provider_pause', facts)).sentence).toEqual({
    key: 'providerPause',
    status: 429,
    forMs: 2_000,
  });
  expect(lineOf(timelineEntry('paused', { for_ms: null, reason: 'maintenance' })).sentence).toEqual({
    key: 'paused',
    reason: 'maintenance',
    forMs: undefined,
  });
});

describe('operator', () => {
  test('a known action has words, and the upstream of the line is not said twice', () => {
    const facts = { actor: 'local@127.0.0.1', action: 'queue.clear', subject: 'upstream/score' };
    expect(lineOf(timelineEntry('operator', facts)).sentence).toEqual({
      key: 'operator',
      action: 'queueClear',
      code: 'queue.clear',
      actor: 'local@127.0.0.1',
      subject: undefined,
    });
  });

  test('an unknown action is shown by its code, with its subject', () => {
    const facts = { actor: 'operator@10.0.0.1', action: 'moon.land', subject: 'moon' };
    const { sentence } = lineOf(timelineEntry('operator', facts, null));
    expect(sentence).toMatchObject({ action: undefined, code: 'moon.land', subject: 'moon' });
  });

  test('an action named like a property of every object is unknown too', () => {
    const { sentence } = lineOf(timelineEntry('operator', { actor: 'a', action: 'constructor' }, null));
    expect(sentence).toMatchObject({ action: undefined });
  });
});

test('a file that a reload refused is told', () => {
  expect(lineOf(timelineEntry('reload', { problems: 2 }, null))).toEqual({
    sentence: { key: 'reloadRejected', problems: 2 },
    tone: 'bad',
  });
});

test('a reload that needs a restart is a warning', () => {
  expect(lineOf(timelineEntry('reload', { applied: 3, restart: 0 }, null)).tone).toBe('info');
  expect(lineOf(timelineEntry('reload', { applied: 0, restart: 2 }, null))).toEqual({
    sentence: { key: 'reloaded', applied: 0, restart: 2 },
    tone: 'warn',
  });
});

test('a burst by its status, the ledger by whether it is there', () => {
  expect(key('burst', { status: 'running' })).toBe('burstStarted');
  expect(lineOf(timelineEntry('burst', { status: 'done', count: 50, succeeded: 49 })).sentence).toEqual({
    key: 'burstDone',
    calls: 50,
    succeeded: 49,
  });
  expect(key('burst', { status: 'aborted' })).toBe('burstAborted');
  expect(key('ledger', { status: 'ok', reason: null }, null)).toBe('ledgerBack');
  expect(key('ledger', { status: 'degraded', reason: 'x' }, null)).toBe('ledgerLost');
  expect(key('state', { status: 'ok', reason: null }, null)).toBe('stateBack');
  expect(key('state', { status: 'away', reason: 'x' }, null)).toBe('stateLost');
  expect(key('started', {}, null)).toBe('started');
});
