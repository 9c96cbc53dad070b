import { expect, test } from 'bun:test';
import type { StateStatus } from '../state/fleet-contract.ts';
import { StateWatch } from './state-watch.ts';

function setUp() {
  let status: StateStatus = { kind: 'redis', up: true, sinceMs: 0, reason: undefined };
  const noted: unknown[] = [];
  const watch = new StateWatch(() => status, { note: ({ facts }) => void noted.push(facts) });
  const look = (up: boolean, reason?: string): void => {
    status = { kind: 'redis', up, sinceMs: 0, reason };
    watch.look();
  };
  return { look, noted };
}

test('going away is noted at once, with why, and coming back once it has lasted', () => {
  const { look, noted } = setUp();
  look(true);
  look(false, 'Redis is full');
  look(false, 'Redis is full');
  expect(noted).toEqual([{ status: 'away', reason: 'Redis is full' }]);
  look(true);
  expect(noted).toHaveLength(1);
  look(true);
  expect(noted.slice(1)).toEqual([{ status: 'ok', reason: null }]);
});

test('a Redis that comes and goes does not fill the timeline', () => {
  const { look, noted } = setUp();
  for (let second = 0; second < 100; second++) look(second % 2 === 1, 'Redis is full');
  expect(noted).toHaveLength(1);
});
