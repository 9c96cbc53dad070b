import { describe, expect, test } from 'bun:test';
import { childPlace, placeEnvironment } from './child.ts';
import { processCount } from './count.ts';
import { restartDelayMs } from './restart-delay.ts';

describe('how many', () => {
  test.each([
    ['1', 1],
    ['4', 4],
    ['256', 256],
    ['auto', 12],
  ])('%s is %p', (written, count) => {
    expect(processCount(written, 'redis', 12)).toBe(count);
  });

  test.each(['0', '-1', '1.5', 'many', '', '257', 'NaN'])('%p is told what would be right', (written) => {
    expect(processCount(written, 'redis', 2)).toContain('from 1 to 256, or auto (this machine has 2 CPUs)');
  });

  test('without a Redis there is one, and it is said why', () => {
    expect(processCount('2', 'memory', 2)).toContain('each alone would send the whole limit. Set REDIS_URL=');
  });
});

describe('when one that died is started again', () => {
  test('later each time, up to 30 s', () => {
    const delays: number[] = [];
    for (let deaths = 0; deaths < 8; ) {
      const next = restartDelayMs(deaths, 10);
      delays.push(next.delayMs);
      deaths = next.deaths;
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('soon, when it has lived for long', () => {
    expect(restartDelayMs(8, 60_000)).toEqual({ delayMs: 1_000, deaths: 1 });
  });
});

test('a place that was left in the environment by chance is none: there is no parent', () => {
  const env = placeEnvironment({ admin: true, sandboxUrl: undefined });
  expect(process.send).toBeUndefined();
  expect(childPlace(env)).toBeUndefined();
  expect(childPlace({})).toBeUndefined();
});
