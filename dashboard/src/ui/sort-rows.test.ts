import { expect, test } from 'bun:test';
import { sortRows } from './sort-rows.ts';

const rows = [
  { name: 'route 10', count: 3 },
  { name: 'Route 2', count: null },
  { name: 'route 1', count: 20 },
];

test('numbers are sorted as numbers, what has none stands last in both directions', () => {
  const counts = (direction: 'ascending' | 'descending') =>
    sortRows(rows, (row) => row.count, direction, 'en').map((row) => row.count);
  expect(counts('ascending')).toEqual([3, 20, null]);
  expect(counts('descending')).toEqual([20, 3, null]);
});

test('texts are sorted as people count, and the rows that came stay as they were', () => {
  const names = sortRows(rows, (row) => row.name, 'ascending', 'en').map((row) => row.name);
  expect(names).toEqual(['route 1', 'Route 2', 'route 10']);
  expect(rows[0]?.name).toBe('route 10');
});
