import { expect, test } from 'bun:test';
import type { UsageRow } from '../../api/types.ts';
import { areKeptTogether, isDimension } from './usage-dimensions.ts';
import { lookInto, orderOf, readQuestion, sortGroups, successShare } from './usage-question.ts';

function row(route: string, count: number, errors: number, bytes = 0): UsageRow {
  const total = { count, average: 1, p50: 1, p95: count, p99: 1 };
  const rest = { start: null, refused: 0, hits: 0, queue: null, upstream: null };
  return { ...rest, group: { route }, count, errors, bytes, total };
}

test('reads groups, filters and order, and passes over what it does not know', () => {
  expect(readQuestion({})).toEqual({
    groupBy: ['route'],
    filters: {},
    sort: { column: 'count', direction: 'descending' },
  });
  expect(
    readQuestion({
      by: 'client,nonsense,path,client,route',
      client: 'shop',
      path: '',
      sort: 'bytes',
      dir: 'ascending',
      colour: 'red',
    }),
  ).toEqual({
    groupBy: ['client', 'path'],
    filters: { client: 'shop' },
    sort: { column: 'bytes', direction: 'ascending' },
  });
});

test('asks the gateway for the greatest by the column, where it can', () => {
  expect(orderOf({ column: 'errors', direction: 'descending' })).toBe('errors');
  expect(orderOf({ column: 'p95', direction: 'descending' })).toBe('count');
});

test('sorts by what the column shows', () => {
  const rows = [row('a', 10, 5), row('b', 20, 1), row('c', 0, 0)];
  const order = (column: 'success' | 'errors', direction: 'ascending' | 'descending') =>
    sortGroups(rows, { column, direction }).map(({ group }) => group.route);
  expect(order('errors', 'descending')).toEqual(['a', 'b', 'c']);
  expect(order('success', 'ascending')).toEqual(['a', 'b', 'c']);
  expect(order('success', 'descending')).toEqual(['b', 'a', 'c']);
  expect(successShare(row('a', 8, 2))).toBe(0.75);
  expect(successShare(row('a', 0, 0))).toBeNull();
});

test('looks into a group by what goes with its filters', () => {
  expect(lookInto({ route: '/a' }, {})).toEqual({ route: '/a', by: 'client' });
  expect(lookInto({ client: 'shop' }, {})).toEqual({ client: 'shop', by: 'route' });
  expect(lookInto({ client: 'shop' }, { route: '/a' })).toEqual({ client: 'shop', by: 'path' });
  expect(lookInto({ status: '5xx' }, {})).toEqual({ status: '5xx', by: 'route' });
  expect(lookInto({ outcome: 'refused' }, { route: '/a' })).toEqual({ outcome: 'refused', by: 'status' });
  expect(lookInto({ path: '/x' }, { route: '/a', client: 'c', upstream: 'u' }).by).toBeUndefined();
  const { by = '', ...filters } = lookInto({ path: '/x' }, { upstream: 'u' });
  expect(
    isDimension(by) && areKeptTogether([by, 'upstream', ...Object.keys(filters).filter(isDimension)]),
  ).toBe(true);
});
