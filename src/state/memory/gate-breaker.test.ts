import { expect, test } from 'bun:test';
import type { GateEvent } from '../contracts.ts';
import { GateBreaker } from './gate-breaker.ts';

const SETTINGS = {
  consecutive: 3,
  failureRate: undefined,
  slowCalls: undefined,
  openForMs: 30_000,
  probes: 1,
  probeTimeoutMs: 10_000,
};

test('the end of a forced state is told to whoever looks, without waiting for the next call', () => {
  const events: GateEvent[] = [];
  const breaker = new GateBreaker(SETTINGS, (event) => events.push(event));
  breaker.force('open', 0, 30_000);
  expect(breaker.state(29_999)?.kind).toBe('forced');
  expect(events.map((event) => event.kind === 'breaker' && [event.from, event.to.kind])).toEqual([
    ['closed', 'forced'],
  ]);
  expect(breaker.state(30_000)?.kind).toBe('closed');
  expect(breaker.state(31_000)?.kind).toBe('closed');
  expect(events.map((event) => event.kind === 'breaker' && [event.from, event.to.kind])).toEqual([
    ['closed', 'forced'],
    ['forced', 'closed'],
  ]);
});
