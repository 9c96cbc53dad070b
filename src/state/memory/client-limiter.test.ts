import { describe, expect, test } from 'bun:test';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import { MemoryClientLimiter, type MemoryClientLimiterOptions } from './client-limiter.ts';

function build(more: Partial<MemoryClientLimiterOptions> = {}) {
  const clock = new VirtualClock();
  const limiter = new MemoryClientLimiter({
    clock,
    rate: { count: 2, windowMs: 1_000 },
    algorithm: 'sliding_window',
    ...more,
  });
  return { clock, limiter };
}

describe('MemoryClientLimiter', () => {
  test('each client has a limit of its own', () => {
    const { limiter } = build();
    expect([limiter.take('a'), limiter.take('a'), limiter.take('a')].map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      false,
    ]);
    expect(limiter.take('b').allowed).toBe(true);
    expect(limiter.size).toBe(2);
  });

  test('time is the clock’s', () => {
    const { clock, limiter } = build();
    limiter.take('a');
    limiter.take('a');
    const { allowed, resetMs } = limiter.take('a');
    expect(allowed).toBe(false);
    clock.advance(resetMs);
    expect(limiter.take('a').allowed).toBe(true);
  });

  test('remembers no more clients than it may, forgets the least recently seen, and counts them', () => {
    const { limiter } = build({ maxClients: 2, rate: { count: 1, windowMs: 1_000 } });
    limiter.take('a');
    limiter.take('b');
    limiter.take('a');
    limiter.take('c');
    expect(limiter.size).toBe(2);
    expect(limiter.evictions).toBe(1);
    expect(limiter.take('a').allowed).toBe(false);
    expect(limiter.take('b').allowed).toBe(true);
  });

  test('a client named like a property of every object is a client', () => {
    const { limiter } = build();
    expect(limiter.take('__proto__')).toMatchObject({ allowed: true, remaining: 1 });
    expect(limiter.take('constructor')).toMatchObject({ allowed: true, remaining: 1 });
  });

  test.each([
    ['count', { rate: { count: 0, windowMs: 1 } }],
    ['windowMs', { rate: { count: 1, windowMs: Number.NaN } }],
    ['maxClients', { maxClients: 0 }],
  ])('a bad %s is named', (name, options) => {
    expect(() => build(options)).toThrow(RangeError);
    expect(() => build(options)).toThrow(name);
  });
});
