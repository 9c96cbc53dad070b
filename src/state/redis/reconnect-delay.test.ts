import { expect, test } from 'bun:test';
import { seededRandom } from '../../shared/random.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

test('grows with each try, up to four a second on average, and nodes that lost a server together come back apart', () => {
  expect(reconnectDelayMs(1, { next: () => 0.5 })).toBe(25);
  expect(reconnectDelayMs(4, { next: () => 0.5 })).toBe(100);
  expect(reconnectDelayMs(1_000, { next: () => 0.5 })).toBe(250);
  const delays = Array.from({ length: 500 }, (_, node) => reconnectDelayMs(20, seededRandom(node)));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(125);
  expect(Math.max(...delays)).toBeLessThanOrEqual(375);
  const most = Math.max(
    ...[...Map.groupBy(delays, (delay) => Math.floor(delay / 25)).values()].map(({ length }) => length),
  );
  // A tenth of the time has about a tenth of them.
  expect(most).toBeLessThan(100);
});
