import { describe, expect, test } from 'bun:test';
import { maskNumbers } from '../shared/mask-numbers.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import type { UsageSample } from '../usage/rollup.ts';
import { RequestTail, type TailQuery } from './request-tail.ts';

const SAMPLE: UsageSample = {
  route: '/r',
  upstream: 'u',
  client: 'c',
  path: '/r',
  method: 'GET',
  outcome: 'success',
  status: 200,
  bytes: 5,
  totalMs: 10,
  queueMs: undefined,
  upstreamMs: undefined,
  attempts: 1,
  cache: 'none',
  errorCode: undefined,
};

function build(size = 10) {
  const clock = new VirtualClock(1_000);
  const tail = new RequestTail({ clock, mask: maskNumbers, nameClient: maskNumbers, size });
  const note = (sample: Partial<UsageSample> = {}, id = 'id', path = '/r') =>
    tail.note({ ...SAMPLE, ...sample }, id, path, 3, clock.now());
  const page = (query: Partial<TailQuery> = {}) => tail.page({ limit: 50, filter: {}, ...query });
  const seqs = (query: Partial<TailQuery> = {}) => page(query).items.map(({ seq }) => seq);
  return { clock, tail, note, page, seqs };
}

test('an empty tail has nothing', () => {
  expect(build().page()).toEqual({ items: [], next: 0, missed: 0, omitted: 0, held: 0 });
});

test('a request is shown with its facts, and when it ended, however late one looks', () => {
  const { clock, note, page } = build();
  const endedAtMs = clock.wallNow();
  note({ totalMs: 12 }, 'a-1', '/some/path');
  clock.advance(60_000);
  expect(page().items).toEqual([
    { ...SAMPLE, totalMs: 12, seq: 1, id: 'a-1', path: '/some/path', urgency: 3, endedAtMs },
  ]);
});

describe('the ring', () => {
  test('newest first, at most as many as it holds', () => {
    const { note, page, seqs } = build(4);
    for (let index = 0; index < 11; index++) note();
    expect(seqs()).toEqual([11, 10, 9, 8]);
    expect(page().held).toBe(4);
  });

  test('after the last answer only what is new comes, and what was overwritten is counted', () => {
    const { note, page } = build(4);
    note();
    note();
    const { next } = page();
    expect(page({ after: next }).items).toEqual([]);
    for (let index = 0; index < 3; index++) note();
    expect(page({ after: next })).toMatchObject({ next: 5, missed: 0, omitted: 0, held: 4 });
    for (let index = 0; index < 4; index++) note();
    const later = page({ after: next });
    expect(later.items.map(({ seq }) => seq)).toEqual([9, 8, 7, 6]);
    // 3, 4 and 5.
    expect(later.missed).toBe(3);
    // Whoever asks for the first time has missed nothing.
    expect(page().missed).toBe(0);
  });

  test('what does not fit into the limit is counted, with or without a filter on text', () => {
    const { note, page } = build();
    for (let index = 0; index < 8; index++) note({}, index % 2 === 0 ? 'even' : 'odd');
    expect(page({ limit: 3 })).toMatchObject({ omitted: 5, next: 8 });
    const even = page({ limit: 3, filter: { text: 'even' } });
    expect(even.items.map(({ seq }) => seq)).toEqual([7, 5, 3]);
    expect(even.omitted).toBe(1);
  });

  test('a number of another process, higher than any of this one, counts as none', () => {
    const { note, seqs, page } = build();
    note();
    expect(seqs({ after: 900 })).toEqual([1]);
    expect(page({ after: 900 }).missed).toBe(0);
  });
});

test.each([
  [{ route: '/a' }, [1]],
  [{ upstream: 'other' }, [2]],
  [{ client: 'LIEN' }, [3]],
  [{ outcome: 'refused' }, [4]],
  [{ status: '4xx' }, [4, 5]],
  [{ status: '404' }, [5]],
  [{ code: 'queue_full' }, [4]],
  [{ cache: 'hit' }, [6]],
  [{ minMs: 500 }, [7]],
  [{ method: 'POST' }, [8]],
  [{ text: 'needle' }, [9, 10]],
  [{ text: 'needle', method: 'POST' }, []],
  [{}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
] as const)('the filter %j finds %j', (filter, found) => {
  const { note, seqs } = build();
  note({ route: '/a' });
  note({ upstream: 'other' });
  note({ client: 'client' });
  note({ outcome: 'refused', status: 429, errorCode: 'queue_full' });
  note({ status: 404 });
  note({ cache: 'hit' });
  note({ totalMs: 500 });
  note({ method: 'POST' });
  note({}, 'a-needle');
  note({}, 'x', '/p/Needle/q');
  expect(seqs({ filter }).sort((one, other) => one - other)).toEqual([...found]);
});

test('a tax id is neither shown nor found, wherever it stands', () => {
  const { note, page } = build();
  note({ client: '12345678909' }, 'x-12345678909', '/person/123.456.789-09/score');
  expect(JSON.stringify(page())).not.toMatch(/456/);
  expect(page().items[0]).toMatchObject({ client: '***', id: 'x-***', path: '/person/***/score' });
  expect(page({ filter: { text: '12345678909' } }).items).toEqual([]);
  expect(page({ filter: { client: '12345678909' } }).items).toEqual([]);
});

test('a path that is too long to show is cut', () => {
  const { note, page } = build();
  note({}, 'x', `/${'p'.repeat(5_000)}`);
  expect(page().items[0]!.path).toHaveLength(1_025);
});

test('a page of long paths does not keep the gateway: no more of a path is masked than is shown', () => {
  const clock = new VirtualClock(1_000);
  let longest = 0;
  const mask = (text: string) => {
    longest = Math.max(longest, text.length);
    return maskNumbers(text);
  };
  const tail = new RequestTail({ clock, mask, nameClient: maskNumbers });
  tail.note(SAMPLE, 'x', `/${'p'.repeat(15_000)}`, 3, clock.now());
  tail.page({ limit: 50, filter: { text: 'y' } });
  expect(longest).toBeWithin(1_024, 1_200);
});

test('a tax id that the cut would tear apart is not shown in part', () => {
  for (let before = 900; before < 1_150; before++) {
    const { note, page } = build();
    // One before it is masked, so that what comes after it moves to the front.
    note({}, 'x', `/12345678909/${'p'.repeat(before)}/123.456.789-09/${'q'.repeat(5_000)}`);
    expect(page().items[0]!.path).toMatch(/^\/\*\*\*\/p+(\/(\*{1,3}(\/q*)?)?)?…$/);
  }
});
