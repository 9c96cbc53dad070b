import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import uPlot from 'uplot';
import { axisSteps, xLabels, yAxisWidth } from './axis-labels.ts';

/** Ten pixels a second and seven a character: what the labels ask of a chart. */
function plot(ratio: number): uPlot {
  return {
    ctx: { font: '', measureText: (text: string) => ({ width: text.length * 7 * ratio }) },
    bbox: { width: 600 * ratio },
    scales: { x: { min: 0, max: 60 } },
    valToPos: (x: number) => x * 10,
  } as unknown as uPlot;
}

test('steps are 1, 2 and 5, and whole where they begin at 1', () => {
  expect(axisSteps(0).slice(0, 7)).toEqual([1, 2, 5, 10, 20, 50, 100]);
  expect(axisSteps(0).every(Number.isInteger)).toBe(true);
  expect(axisSteps(-3).slice(0, 4)).toEqual([0.001, 0.002, 0.005, 0.01]);
});

describe.each([1, 2])('with %d pixels of the device for one', (ratio) => {
  const before = uPlot.pxRatio;
  beforeAll(() => {
    uPlot.pxRatio = ratio;
  });
  afterAll(() => {
    uPlot.pxRatio = before;
  });

  test('a label that would be cut at the right edge is left out', () => {
    const labels = xLabels(plot(ratio), [0, 50, 58, 59, 60], () => '00:00:00');
    expect(labels).toEqual(['00:00:00', '00:00:00', '00:00:00', '', '']);
  });

  test('the axis is as wide as its longest number', () => {
    expect(yAxisWidth(plot(ratio), ['0', '1'])).toBe(32);
    expect(yAxisWidth(plot(ratio), ['0', '1,000,000'])).toBe(9 * 7 + 14);
    expect(yAxisWidth(plot(ratio), null)).toBe(32);
  });
});
