import { describe, expect, test } from 'bun:test';
import { LimitSet, type LimitSettings } from './limit-set.ts';

function limit(count: number, windowMs: number, more: Partial<LimitSettings> = {}): LimitSettings {
  return { rate: { count, windowMs }, even: false, guardMs: 0, ...more };
}

function send(limits: LimitSet, atMs: number, cost = 1): void {
  expect(limits.acquire(atMs, cost)).toEqual({ grantedAt: atMs });
  limits.sent(atMs, cost);
}

describe('strict limits', () => {
  test('1 per 1s is a spacing of 1 s, and exactly 1 s later is late enough', () => {
    const limits = new LimitSet([limit(1, 1_000)]);
    send(limits, 0);
    expect(limits.acquire(999, 1)).toEqual({ retryAtMs: 1_000 });
    expect(limits.acquire(1_000, 1)).toEqual({ grantedAt: 1_000 });
  });

  test('the spacing counts from the send, not from the grant', () => {
    const limits = new LimitSet([limit(1, 1_000)]);
    limits.acquire(0, 1);
    limits.sent(300, 1);
    expect(limits.readyAt(300, 1)).toBe(1_300);
  });

  test('an unsent reservation holds its place for as long as it is unsent', () => {
    const limits = new LimitSet([limit(1, 1_000)]);
    limits.acquire(0, 1);
    expect(limits.readyAt(1_000_000, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(limits.acquire(1_000_000, 1)).toEqual({ retryAtMs: Number.POSITIVE_INFINITY });
  });

  test('a reservation given back costs nothing', () => {
    const limits = new LimitSet([limit(1, 1_000)]);
    limits.acquire(0, 1);
    limits.giveBack(1);
    expect(limits.readyAt(0, 1)).toBe(0);
  });

  test('the guard widens every window', () => {
    const limits = new LimitSet([limit(1, 1_000, { guardMs: 20 })]);
    send(limits, 0);
    expect(limits.readyAt(5, 1)).toBe(1_020);
  });

  test('a cost takes as many places and waits for as many to leave', () => {
    const limits = new LimitSet([limit(5, 1_000)]);
    send(limits, 0, 2);
    send(limits, 100, 2);
    expect(limits.readyAt(200, 1)).toBe(200);
    expect(limits.readyAt(200, 2)).toBe(1_000);
    expect(limits.readyAt(200, 3)).toBe(1_000);
    expect(limits.readyAt(200, 4)).toBe(1_100);
  });

  test('is as exact for a count of thousands', () => {
    const limits = new LimitSet([limit(5_000, 100_000)]);
    for (let call = 0; call < 5_000; call++) send(limits, call * 3 + (call % 2));
    for (let call = 0; call < 5_000; call++) {
      const readyAtMs = call * 3 + (call % 2) + 100_000;
      expect(limits.readyAt(15_000, 1)).toBe(readyAtMs);
      send(limits, readyAtMs);
    }
  });

  test('several limits hold together', () => {
    const limits = new LimitSet([limit(1, 100), limit(3, 1_000)]);
    send(limits, 0);
    send(limits, 100);
    expect(limits.readyAt(150, 1)).toBe(200);
    send(limits, 200);
    expect(limits.readyAt(200, 1)).toBe(1_000);
  });

  test('without limits everything is ready', () => {
    const limits = new LimitSet([]);
    for (let call = 0; call < 100; call++) send(limits, 0);
    expect(limits.readyAt(0, 1_000)).toBe(0);
    expect(limits.slotAt(0, 1_000_000, 1)).toBe(0);
    expect(limits.burstWithin(0, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  test('a send that is told late stays in order', () => {
    const limits = new LimitSet([limit(2, 1_000)]);
    limits.acquire(0, 2);
    limits.sent(500, 1);
    limits.sent(400, 1);
    expect(limits.readyAt(600, 2)).toBe(1_500);
  });
});

describe('even', () => {
  test('spreads the count over the window, the guard with it', () => {
    const limits = new LimitSet([limit(4, 1_000, { even: true, guardMs: 40 })]);
    send(limits, 0);
    expect(limits.readyAt(0, 1)).toBe(260);
  });

  test('keeps a guard of 2 ms where its share would be less', () => {
    const limits = new LimitSet([limit(100, 1_000, { even: true, guardMs: 20 })]);
    send(limits, 0);
    expect(limits.readyAt(0, 1)).toBe(12);
  });

  test('adds nothing where there is no guard', () => {
    const limits = new LimitSet([limit(4, 1_000, { even: true })]);
    send(limits, 0);
    expect(limits.readyAt(0, 1)).toBe(250);
  });

  test('a send of cost 3 takes three spacings', () => {
    const limits = new LimitSet([limit(4, 1_000, { even: true })]);
    send(limits, 0, 3);
    expect(limits.readyAt(0, 1)).toBe(750);
    expect(limits.slotAt(0, 1, 1)).toBe(1_000);
  });

  test('one reservation at a time', () => {
    const limits = new LimitSet([limit(4, 1_000, { even: true })]);
    limits.acquire(0, 1);
    expect(limits.readyAt(500, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('estimates', () => {
  test('slotAt counts the places ahead, whole windows included', () => {
    const limits = new LimitSet([limit(2, 1_000)]);
    send(limits, 0);
    send(limits, 300);
    expect([0, 1, 2, 3, 4, 5].map((ahead) => limits.slotAt(400, ahead, 1))).toEqual([
      1_000, 1_300, 2_000, 2_300, 3_000, 3_300,
    ]);
    expect(limits.slotAt(400, 0, 2)).toBe(1_300);
  });

  test('slotAt takes an unsent reservation as sent now', () => {
    const limits = new LimitSet([limit(1, 1_000)]);
    limits.acquire(0, 1);
    expect(limits.slotAt(700, 0, 1)).toBe(1_700);
    expect(limits.slotAt(700, 2, 1)).toBe(3_700);
  });

  test('a cost that no limit allows has no slot', () => {
    expect(new LimitSet([limit(2, 1_000)]).slotAt(0, 0, 3)).toBe(Number.POSITIVE_INFINITY);
  });

  test('burstWithin counts what could go until then, that moment included', () => {
    const limits = new LimitSet([limit(3, 1_000)]);
    expect(limits.burstWithin(0, 0)).toBe(3);
    expect(limits.burstWithin(0, 999)).toBe(3);
    expect(limits.burstWithin(0, 1_000)).toBe(6);
    send(limits, 0, 2);
    expect(limits.burstWithin(0, 500)).toBe(1);
    expect(limits.burstWithin(0, 1_000)).toBe(4);
  });

  test('burstWithin obeys the spacing of even limits', () => {
    expect(new LimitSet([limit(10, 1_000, { even: true })]).burstWithin(0, 250)).toBe(3);
  });
});

describe('uses', () => {
  test('counts what the window that ends now holds, and what is unsent', () => {
    const limits = new LimitSet([limit(5, 1_000), limit(100, 60_000)]);
    expect(limits.uses(0)).toEqual([0, 0]);
    send(limits, 0, 2);
    send(limits, 400);
    limits.acquire(500, 1);
    expect(limits.uses(500)).toEqual([4, 4]);
    expect(limits.uses(999)).toEqual([4, 4]);
    expect(limits.uses(1_000)).toEqual([2, 4]);
    limits.giveBack(1);
    expect(limits.uses(1_400)).toEqual([0, 3]);
  });

  test('a call has left when another may take its place: after the guard', () => {
    const limits = new LimitSet([limit(1, 1_000, { guardMs: 20 })]);
    send(limits, 0);
    expect([limits.uses(1_019), limits.uses(1_020)]).toEqual([[1], [0]]);
  });

  test('an unsent call stays in, however long it takes', () => {
    const limits = new LimitSet([limit(2, 1_000)]);
    limits.acquire(0, 1);
    expect(limits.uses(1_000_000)).toEqual([1]);
  });

  test('after a long silence nothing is in use', () => {
    const limits = new LimitSet([limit(3, 1_000)]);
    for (let call = 0; call < 30; call++) send(limits, call * 1_000);
    expect(limits.uses(10_000_000)).toEqual([0]);
  });

  test('a window that is made longer holds what was sent before, a lowered count is exceeded', () => {
    const limits = new LimitSet([limit(2, 1_000)]);
    for (let call = 0; call < 10; call++) send(limits, call * 1_000);
    limits.configure([limit(3, 6_000), limit(1, 500)], 9_000);
    expect(limits.uses(9_000)).toEqual([6, 1]);
    expect(limits.uses(20_000)).toEqual([0, 0]);
  });

  test('a history too long for exact memory may count as more, never as less', () => {
    const limits = new LimitSet([limit(1, 10)]);
    for (let call = 0; call < 5_000; call++) send(limits, call * 10);
    limits.configure([limit(1_000_000, 40_000)], 49_990);
    const [used = 0] = limits.uses(49_990);
    expect(used).toBeGreaterThanOrEqual(4_000);
    expect(used).toBeLessThanOrEqual(4_000 * (1 + 1 / 8));
  });

  test('without limits there is nothing to count', () => {
    expect(new LimitSet([]).uses(0)).toEqual([]);
  });
});

describe('new limits at run time', () => {
  test('sends of before count in a longer window than the old limit kept', () => {
    const limits = new LimitSet([limit(1, 1_000)]);
    for (let second = 0; second <= 10; second++) send(limits, second * 1_000);
    limits.configure([limit(3, 60_000)], 10_500);
    // 8 s, 9 s and 10 s fill the new window: the next place is where the send at 8 s leaves it.
    expect(limits.readyAt(10_500, 1)).toBe(68_000);
    expect(limits.readyAt(10_500, 2)).toBe(69_000);
  });

  test('a history too long for exact memory is remembered as later, never as earlier or less', () => {
    const limits = new LimitSet([limit(1, 10)]);
    for (let call = 0; call < 5_000; call++) send(limits, call * 10);
    limits.configure([limit(4_000, 1_000_000)], 50_000);
    const exactMs = 1_000 * 10 + 1_000_000;
    expect(limits.readyAt(50_000, 1)).toBeGreaterThanOrEqual(exactMs);
    expect(limits.readyAt(50_000, 1)).toBeLessThan(exactMs + 4_000 * 10 * (1 / 8));
    // What the window no longer needs is exact enough to be of no harm.
    expect(limits.readyAt(2_000_000, 4_000)).toBe(2_000_000);
  });

  test('a lower count waits until enough of the earlier sends have left', () => {
    const limits = new LimitSet([limit(5, 1_000)]);
    for (let call = 0; call < 5; call++) send(limits, call * 10);
    limits.configure([limit(2, 1_000)], 50);
    expect(limits.readyAt(50, 1)).toBe(1_030);
    expect(limits.readyAt(50, 2)).toBe(1_040);
  });

  test('a removed and restored limit has forgotten nothing', () => {
    const limits = new LimitSet([limit(1, 1_000)]);
    send(limits, 0);
    limits.configure([], 1);
    send(limits, 2);
    limits.configure([limit(1, 1_000)], 3);
    expect(limits.readyAt(3, 1)).toBe(1_002);
  });

  test('unsent reservations stay', () => {
    const limits = new LimitSet([limit(3, 1_000)]);
    limits.acquire(0, 3);
    limits.configure([limit(2, 500)], 0);
    expect(limits.readyAt(0, 1)).toBe(Number.POSITIVE_INFINITY);
    limits.sent(10, 3);
    expect(limits.readyAt(10, 1)).toBe(510);
  });
});

describe('misuse', () => {
  test.each([
    ['count', limit(0, 1_000)],
    ['count', limit(1.5, 1_000)],
    ['windowMs', limit(1, 0)],
    ['windowMs', limit(1, Number.POSITIVE_INFINITY)],
    ['guardMs', limit(1, 1_000, { guardMs: -1 })],
    ['guardMs', limit(1, 1_000, { guardMs: Number.NaN })],
  ])('a bad %s is named', (name, settings) => {
    expect(() => new LimitSet([settings])).toThrow(RangeError);
    expect(() => new LimitSet([settings])).toThrow(name);
  });

  test('a bad configuration changes nothing', () => {
    const limits = new LimitSet([limit(1, 1_000)]);
    expect(() => limits.configure([limit(5, 1_000), limit(0, 1)], 0)).toThrow(RangeError);
    send(limits, 0);
    expect(limits.readyAt(0, 1)).toBe(1_000);
  });

  test('a cost that can never be granted is a RangeError, and asking for its time says never', () => {
    const limits = new LimitSet([limit(2, 1_000)]);
    expect(() => limits.acquire(0, 3)).toThrow(RangeError);
    expect(limits.readyAt(0, 3)).toBe(Number.POSITIVE_INFINITY);
    expect(() => limits.acquire(0, 0)).toThrow(RangeError);
    expect(() => limits.acquire(0, 0.5)).toThrow(RangeError);
  });

  test('sent and giveBack without a reservation are refused', () => {
    const limits = new LimitSet([limit(2, 1_000)]);
    expect(() => limits.sent(0, 1)).toThrow(RangeError);
    expect(() => limits.giveBack(1)).toThrow(RangeError);
  });
});
