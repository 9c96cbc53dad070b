import { describe, expect, test } from 'bun:test';
import { MOST_ROWS, pagesInSight, type QueuePage, rowAt, rowCount, shownMs } from './queue-pages.ts';

const page = (first: number, length: number, total: number, atMs = 0): QueuePage<number> => ({
  items: Array.from({ length }, (_, index) => first + index),
  total,
  atMs,
});

describe('the pages in sight', () => {
  test('of a hundred thousand who wait are one or two', () => {
    expect(pagesInSight(0, 20, 100_000)).toEqual([0]);
    expect(pagesInSight(90, 115, 100_000)).toEqual([0, 1]);
    expect(pagesInSight(99_980, 99_999, 100_000)).toEqual([999]);
  });

  test('do not lie behind the end when the queue has become shorter', () => {
    expect(pagesInSight(900, 930, 42)).toEqual([0]);
    expect(pagesInSight(0, 20, 0)).toEqual([]);
  });

  test('are bounded, whatever is in sight', () => {
    expect(pagesInSight(0, 99_999, 100_000)).toHaveLength(4);
  });
});

test('a row is found in its page, with the time at which it was so', () => {
  const pages = new Map([[1, page(100, 50, 150, 7)]]);
  expect(rowAt(pages, 100)).toEqual({ row: 100, atMs: 7 });
  expect(rowAt(pages, 149)).toEqual({ row: 149, atMs: 7 });
  expect(rowAt(pages, 150)).toBeUndefined();
  expect(rowAt(pages, 0)).toBeUndefined();
});

test('the newest page says how many rows there are', () => {
  const pages = new Map([
    [0, page(0, 100, 180, 2_000)],
    [1, page(100, 100, 200, 1_000)],
  ]);
  expect(rowCount(pages, 5)).toBe(180);
  expect(rowCount(new Map(), 5)).toBe(5);
  expect(rowCount(new Map(), 1_000_000)).toBe(MOST_ROWS);
});

test('a running time is shown without noise, and never below zero', () => {
  expect(shownMs(1_234)).toBe(1_200);
  expect(shownMs(12_345)).toBe(12_000);
  expect(shownMs(-40)).toBe(0);
});
