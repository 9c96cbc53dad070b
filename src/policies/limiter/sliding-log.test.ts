import { describe, expect, test } from 'bun:test';
import { CoarseHistory } from './coarse-history.ts';
import { SlidingLog } from './sliding-log.ts';

describe('SlidingLog', () => {
  test('finds the time of every unit of cost, over a ring that turned and grew', () => {
    const log = new SlidingLog(1_000, 1_000_000);
    const times: number[] = [];
    for (let send = 0; send < 700; send++) {
      const cost = 1 + (send % 3);
      log.push(send * 7, cost);
      for (let unit = 0; unit < cost; unit++) times.push(send * 7);
    }
    expect(log.total).toBe(times.length);
    expect(times.map((_, index) => log.timeOf(index + 1))).toEqual(times);
  });

  test('before the first send there is nothing', () => {
    const log = new SlidingLog(10, 1_000);
    expect(log.timeOf(0)).toBe(Number.NEGATIVE_INFINITY);
    log.push(5, 1);
    expect(log.timeOf(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(log.timeOf(1)).toBe(5);
  });

  test('holds no more exact entries than it was told, and knows where the others went', () => {
    const log = new SlidingLog(3, 1_000_000);
    for (let send = 1; send <= 10; send++) log.push(send, 1);
    expect(log.entries).toBe(3);
    expect([1, 5, 7, 8, 10].map((position) => log.timeOf(position))).toEqual([1, 5, 7, 8, 10]);
  });

  test('a long log empties once its window has passed: a long silence leaves little behind', () => {
    const log = new SlidingLog(1_000, 100);
    for (let send = 0; send < 500; send++) log.push(send / 100, 1);
    expect(log.entries).toBe(500);
    for (let send = 0; send < 500; send++) log.push(1_000_000 + send * 100, 1);
    expect(log.entries).toBe(1);
    expect(log.timeOf(log.total)).toBe(1_000_000 + 499 * 100);
  });

  test('knows how much is younger than any age, over the ring and what has left it', () => {
    const log = new SlidingLog(20, 1_000_000);
    expect(log.youngerThan(100, 0)).toBe(0);
    for (let send = 0; send < 100; send++) log.push(send * 10, 1 + (send % 3));
    for (let age = 0; age <= 1_010; age++) {
      let expected = 0;
      for (let send = 0; send < 100; send++) if (send * 10 + age > 990) expected += 1 + (send % 3);
      expect([age, log.youngerThan(age, 990)]).toEqual([age, expected]);
    }
  });

  test('time never runs backwards', () => {
    const log = new SlidingLog(10, 1_000);
    log.push(10, 1);
    log.push(5, 1);
    expect(log.lastSentMs).toBe(10);
    expect(log.timeOf(2)).toBe(10);
  });
});

describe('CoarseHistory', () => {
  test('is exact while it is short', () => {
    const history = new CoarseHistory();
    expect(history.timeOf(1)).toBe(Number.NEGATIVE_INFINITY);
    for (let send = 1; send <= 1_024; send++) history.add(send * 10, send);
    expect([1, 2, 511, 1_024].map((position) => history.timeOf(position))).toEqual([10, 20, 5_110, 10_240]);
    expect(history.timeOf(1_025)).toBe(Number.NEGATIVE_INFINITY);
  });

  test('has room for any number of sends of any cost', () => {
    const history = new CoarseHistory();
    let total = 0;
    for (let send = 1; send <= 200_000; send++) {
      total += send % 1_000 === 0 ? 2 ** 30 : 1 + (send % 7);
      history.add(send, total);
    }
    expect(history.timeOf(total)).toBe(200_000);
    expect(history.timeOf(1)).toBeLessThan(200_000);
    expect(history.timeOf(1)).toBeGreaterThan(0);
  });

  test('never earlier than the truth, later by a share of what came after, and exact for the newest', () => {
    const history = new CoarseHistory();
    const sends = 100_000;
    for (let send = 1; send <= sends; send++) history.add(send, send);
    for (let position = 1; position <= sends; position += 37) {
      const late = history.timeOf(position) - position;
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual((sends - position) / 8);
    }
    for (let position = sends - 255; position <= sends; position++) {
      expect(history.timeOf(position)).toBe(position);
    }
  });
});
