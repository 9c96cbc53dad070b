import uPlot from 'uplot';

/** The text of the axes; a canvas takes no style of the page. */
export const AXIS_FONT = '12px system-ui, sans-serif';

/** Pixels for the times below a chart: marks, gap and text. */
export const X_AXIS_HEIGHT = 24;

/** Pixels beside a chart, into which the last time may reach. */
export const RIGHT_ROOM = 12;

/** Steps of 1, 2 and 5: a step of 2.5 would be rounded in its label, and seem to be another. */
export function axisSteps(smallestPower: number): number[] {
  const powers = Array.from({ length: 13 - smallestPower }, (_, index) => smallestPower + index);
  return powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
}

/** As wide as the longest number, so that "1,000,000" is not cut; the same for charts with short ones. */
export function yAxisWidth({ ctx }: uPlot, labels: readonly string[] | null): number {
  ctx.font = scaledFont(AXIS_FONT);
  const widths = (labels ?? []).map((label) => ctx.measureText(label).width / uPlot.pxRatio);
  return Math.max(32, Math.ceil(Math.max(0, ...widths)) + 14);
}

/** The labels of an axis of x; one that would be cut at the right edge is left out. */
export function xLabels(
  plot: uPlot,
  splits: readonly number[],
  format: (x: number, spanX: number) => string,
): string[] {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  plot.ctx.font = scaledFont(AXIS_FONT);
  const right = plot.bbox.width / uPlot.pxRatio + RIGHT_ROOM;
  return splits.map((x) => {
    const label = format(x, (max ?? 0) - (min ?? 0));
    const half = plot.ctx.measureText(label).width / uPlot.pxRatio / 2;
    return plot.valToPos(x, 'x') + half <= right ? label : '';
  });
}

/** A canvas is drawn in the pixels of the device. */
export function scaledFont(font: string): string {
  return font.replace('12px', `${12 * uPlot.pxRatio}px`);
}
