import { expect, test } from 'bun:test';
import { labelsWithRoom } from './label-room.ts';

const label = (text: string, value: number, x: number, width = 20) => ({ text, value, x, width });

test('of labels in each other’s way the higher value stays', () => {
  const placed = labelsWithRoom([label('a', 5, 100), label('b', 9, 110), label('c', 7, 140)], 0, 600);
  expect(placed.map(({ text }) => text)).toEqual(['b', 'c']);
});

test('a label at the edge is moved inside', () => {
  const placed = labelsWithRoom([label('left', 2, 0), label('right', 1, 600)], 0, 600);
  expect(placed.map(({ x }) => x)).toEqual([10, 590]);
});
