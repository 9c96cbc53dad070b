import { expect, test } from 'bun:test';
import { type FinishedCommand, UsageRecorder } from './recorder.ts';

const DONE: FinishedCommand = {
  outcome: 'refused',
  status: 429,
  bytes: 7,
  totalMs: 10,
  queueMs: 4,
  upstreamMs: 5,
  attempts: 1,
  cache: 'miss',
  errorCode: 'queue_full',
};

test('a route keeps a series for each of its upstreams, and is one by itself', () => {
  const recorder = new UsageRecorder();
  const [first, second] = [recorder.series('/x', 'first'), recorder.series('/x', 'second')];
  expect(recorder.series('/x', 'first')).toBe(first);
  recorder.record(first, DONE);
  recorder.record(second, DONE);
  recorder.record(second, { ...DONE, outcome: 'success', status: 200, errorCode: undefined, cache: 'hit' });
  recorder.record(recorder.series('/y', 'first'), DONE);

  expect(recorder.all().map(({ route, upstream, total }) => [route, upstream, total])).toEqual([
    ['/x', 'first', 1],
    ['/x', 'second', 2],
    ['/y', 'first', 1],
  ]);
  expect(recorder.totals()).toMatchObject({ total: 4, successes: 1, failures: 3 });
  const [x, y, ...others] = recorder.byRoute();
  expect(others).toEqual([]);
  expect([x!.route, x!.total, x!.bytes, x!.attempts, x!.failures]).toEqual(['/x', 3, 21, 3, 2]);
  expect([x!.outcomes.refused, x!.outcomes.success, x!.cache.miss, x!.cache.hit]).toEqual([2, 1, 2, 1]);
  expect([[...x!.errors], [...x!.statusClasses]]).toEqual([[['queue_full', 2]], [0, 0, 1, 0, 2, 0]]);
  expect([x!.totalMs.count, x!.queueMs.count, x!.upstreamMs.sumMs]).toEqual([3, 3, 15]);
  expect(y).toBe(recorder.series('/y', 'first'));
  // Adding up is for whoever asks: what is recorded into stays as it is.
  expect([first.total, second.total]).toEqual([1, 2]);
});
