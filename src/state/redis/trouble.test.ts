import { expect, test } from 'bun:test';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import type { RedisFault } from './fault.ts';
import { Trouble } from './trouble.ts';

const FULL: RedisFault = { code: 'memory', message: 'full' };
const GONE: RedisFault = { code: 'unreachable', message: 'gone' };

function setUp() {
  const clock = new VirtualClock();
  const told: Array<string | undefined> = [];
  const trouble = new Trouble(clock, (fault) => void told.push(fault?.code));
  return { clock, told, trouble };
}

test('the first time that the server can be used is told at once', () => {
  const { told, trouble } = setUp();
  trouble.over();
  expect(told).toEqual([undefined]);
});

test('every reason is told once, and the end once it has lasted', () => {
  const { clock, told, trouble } = setUp();
  trouble.over();
  told.length = 0;
  for (let time = 0; time < 3; time++) {
    trouble.note(FULL);
    trouble.note(GONE);
  }
  expect(trouble.fault).toEqual(GONE);
  trouble.over();
  expect(trouble.fault).toBeUndefined();
  clock.advance(1_999);
  expect(told).toEqual(['memory', 'unreachable']);
  clock.advance(1);
  expect(told).toEqual(['memory', 'unreachable', undefined]);
  trouble.note(FULL);
  expect(told).toEqual(['memory', 'unreachable', undefined, 'memory']);
});

test('a server that refuses now and then is in trouble all the time: one line, not one a second', () => {
  const { clock, told, trouble } = setUp();
  trouble.over();
  told.length = 0;
  for (let second = 0; second < 100; second++) {
    trouble.note(FULL);
    clock.advance(500);
    trouble.over();
    clock.advance(500);
  }
  expect(told).toEqual(['memory']);
  clock.advance(2_000);
  expect(told).toEqual(['memory', undefined]);
  expect(clock.timers).toBe(0);
});

test('a connection that is back at once is no trouble, one that is not is', () => {
  const { clock, told, trouble } = setUp();
  trouble.over();
  told.length = 0;
  trouble.broke();
  clock.advance(100);
  trouble.over();
  clock.advance(10_000);
  expect(told).toEqual([]);
  trouble.broke();
  clock.advance(1_000);
  expect(told).toEqual(['unreachable']);
});

test('a connection that breaks again and again is trouble, however soon it is back', () => {
  const { clock, told, trouble } = setUp();
  trouble.over();
  told.length = 0;
  for (let time = 0; time < 50; time++) {
    trouble.broke();
    clock.advance(100);
    trouble.over();
    clock.advance(100);
  }
  expect(told).toEqual(['unreachable']);
});

test('one that was never there waits for its reason', () => {
  const { clock, told, trouble } = setUp();
  trouble.broke();
  clock.advance(5_000);
  expect(told).toEqual([]);
  trouble.note(GONE);
  trouble.close();
  expect(told).toEqual(['unreachable']);
  expect(clock.timers).toBe(0);
});
