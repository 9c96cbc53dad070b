import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { CountWindow } from './window.ts';

test('counts what happened in the window', () => {
  const window = new CountWindow(1_000);
  window.add(0, 1, 1);
  window.add(500, 1, 0);
  expect([window.total(999), window.hit(999)]).toEqual([2, 1]);
});

test('what has left the window no longer counts', () => {
  const window = new CountWindow(1_000);
  window.add(0, 5, 5);
  window.add(400, 3, 1);
  expect([window.total(1_000), window.hit(1_000)]).toEqual([3, 1]);
  expect([window.total(1_400), window.hit(1_400)]).toEqual([0, 0]);
});

test('a long silence forgets everything, without an event in between', () => {
  const window = new CountWindow(1_000);
  window.add(0, 100, 100);
  expect([window.total(86_400_000), window.hit(86_400_000)]).toEqual([0, 0]);
  window.add(86_400_000, 1, 0);
  expect(window.total(86_400_000)).toBe(1);
});

test('an event is remembered for nine tenths of the window at least and for the whole at most', () => {
  fc.assert(
    fc.property(
      fc.nat(100_000),
      fc.integer({ min: 10, max: 10_000 }),
      fc.nat(10_000),
      (atMs, windowMs, waitMs) => {
        const window = new CountWindow(windowMs);
        window.add(atMs, 1, 1);
        const remembered = window.total(atMs + waitMs);
        // Tenths of a window are rarely whole numbers of milliseconds.
        if (waitMs < windowMs * 0.9 - 1e-6) expect(remembered).toBe(1);
        if (waitMs > windowMs + 1e-6) expect(remembered).toBe(0);
        expect(window.hit(atMs + waitMs)).toBe(remembered);
      },
    ),
  );
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a window of %p is refused', (windowMs) => {
  expect(() => new CountWindow(windowMs)).toThrow(RangeError);
});
