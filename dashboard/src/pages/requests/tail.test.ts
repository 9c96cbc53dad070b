import { describe, expect, test } from 'bun:test';
import type { RequestTail } from '../../api/types.ts';
import { requestRecord } from './request-record.fixture.ts';
import { findRow, MOST_ROWS, mergeTail } from './tail.ts';

/** An answer with the rows of these numbers, newest first. */
function answer(newest: number, count: number, more: Partial<RequestTail> = {}): RequestTail {
  const items = Array.from({ length: count }, (_, index) => requestRecord({ seq: newest - index }));
  return { items, next: newest, missed: 0, omitted: 0, held: 2_000, ...more };
}

describe('mergeTail', () => {
  test('starts with the first answer, and misses nothing that ended before it', () => {
    const tail = mergeTail(undefined, answer(50, 10, { omitted: 40 }));
    expect(tail).toMatchObject({ next: 50, arrived: 0, missed: 0, omitted: 0 });
    expect(tail.rows.map(({ seq }) => seq)).toEqual([50, 49, 48, 47, 46, 45, 44, 43, 42, 41]);
  });

  test('puts what came before what was there, and counts it', () => {
    const tail = mergeTail(mergeTail(undefined, answer(3, 3)), answer(5, 2));
    expect(tail.rows.map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1]);
    expect(tail).toMatchObject({ next: 5, arrived: 2 });
  });

  test('keeps at most so many rows', () => {
    let tail = mergeTail(undefined, answer(200, 200));
    for (let newest = 400; newest <= 2_000; newest += 200) tail = mergeTail(tail, answer(newest, 200));
    expect(tail.rows).toHaveLength(MOST_ROWS);
    expect(tail.rows.at(0)?.seq).toBe(2_000);
    expect(tail.rows.at(-1)?.seq).toBe(2_000 - MOST_ROWS + 1);
  });

  test('sums up what was overwritten and what did not fit', () => {
    let tail = mergeTail(undefined, answer(10, 10));
    tail = mergeTail(tail, answer(5_000, 200, { missed: 1_240, omitted: 100 }));
    tail = mergeTail(tail, answer(9_000, 200, { missed: 10 }));
    expect(tail).toMatchObject({ missed: 1_250, omitted: 100, arrived: 500 });
  });

  test('is the same when nothing came, so that nothing is rendered again', () => {
    const tail = mergeTail(undefined, answer(3, 3));
    expect(mergeTail(tail, answer(3, 0))).toBe(tail);
    const moved = mergeTail(tail, answer(9, 0));
    expect(moved.next).toBe(9);
    expect(moved.rows).toBe(tail.rows);
  });

  test('starts anew when the gateway did', () => {
    const tail = mergeTail(mergeTail(undefined, answer(900, 5)), answer(4, 4));
    expect(tail.rows.map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
    expect(tail.next).toBe(4);
  });

  test('takes no row twice', () => {
    const tail = mergeTail(mergeTail(undefined, answer(3, 3)), answer(4, 4));
    expect(tail.rows.map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
  });
});

describe('findRow', () => {
  const rows = [
    requestRecord({ seq: 3, id: 'a' }),
    requestRecord({ seq: 2, id: 'b' }),
    requestRecord({ seq: 1, id: 'a' }),
  ];
  test('tells two requests with one id apart', () => {
    expect(findRow(rows, 'a', 1)?.seq).toBe(1);
    expect(findRow(rows, 'a', 3)?.seq).toBe(3);
  });
  test('goes by the id alone when the number is gone', () => {
    expect(findRow(rows, 'b', 99)?.seq).toBe(2);
    expect(findRow(rows, 'c', 1)).toBeUndefined();
  });
});
