import uPlot from 'uplot';
import { AXIS_FONT, axisSteps, RIGHT_ROOM, X_AXIS_HEIGHT, xLabels, yAxisWidth } from './axis-labels.ts';
import { themeColor } from './theme-version.ts';

export interface ChartSeries {
  label: string;
  /** The name of a colour of the theme, such as `--chart-sends`. */
  color: string;
  kind: 'line' | 'bars' | 'stepped' | 'points' | 'dashed';
  /** Fills the area below a line softly. */
  fill?: boolean;
}

/** One array of x, then one of y for each series, all of one length; `null` is a gap. */
export type ChartData = readonly (readonly (number | null)[])[];

export interface ChartLook {
  series: readonly ChartSeries[];
  width: number;
  height: number;
  xTime: boolean;
  yLabel: string | undefined;
  yMin: number;
  yMax: number | undefined;
  /** Counts: no line between two whole numbers. */
  whole: boolean;
  syncKey: string | undefined;
  formatX: (x: number, spanX: number) => string;
  formatY: (y: number) => string;
  onCursor: (index: number | null | undefined) => void;
}

/** What uPlot needs to draw it, with the colours that the theme has now. */
export function chartOptions(look: ChartLook): uPlot.Options {
  const { series, width, height, xTime, yLabel, yMin, yMax, whole, syncKey, formatX, formatY, onCursor } =
    look;
  const hasBars = series.some(({ kind }) => kind === 'bars');
  const text = themeColor('--muted');
  const line = themeColor('--line');
  const axis: uPlot.Axis = {
    stroke: text,
    font: AXIS_FONT,
    labelFont: AXIS_FONT,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
  };
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, RIGHT_ROOM, 0, 0],
    cursor: {
      drag: { x: false, y: false },
      points: { size: 7 },
      ...(syncKey === undefined ? {} : { sync: { key: syncKey } }),
    },
    scales: {
      x: { time: xTime, ...(hasBars ? { range: roomForBars } : {}) },
      y: {
        range: (_plot, _dataMin, dataMax) => {
          if (yMax !== undefined) return [yMin, Math.max(yMax, dataMax ?? yMax)];
          const highest = Math.max(dataMax ?? 0, yMin + Number.EPSILON);
          return [yMin, highest <= yMin + Number.EPSILON ? yMin + 1 : (highest - yMin) * 1.1 + yMin];
        },
      },
    },
    axes: [
      {
        ...axis,
        size: X_AXIS_HEIGHT,
        space: 72,
        values: (plot, splits) => xLabels(plot, splits, formatX),
      },
      {
        ...axis,
        size: yAxisWidth,
        incrs: axisSteps(whole ? 0 : -3),
        ...(yLabel === undefined ? {} : { label: yLabel, labelSize: 20 }),
        values: (_plot, splits) => splits.map(formatY),
      },
    ],
    series: [{}, ...series.map(seriesOptions)],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx)] },
  };
}

/** The first and the last bar stand on the edges by their middles: half a step more shows them whole. */
function roomForBars({ data: [x] }: uPlot, min: number, max: number): [number, number] {
  const half = ((x[1] ?? 1) - (x[0] ?? 0)) / 2;
  return [min - half, max + half];
}

function seriesOptions({ label, color, kind, fill }: ChartSeries): uPlot.Series {
  const stroke = themeColor(color);
  const shared: uPlot.Series = {
    label,
    stroke,
    width: 1.75,
    points: { show: false },
    ...(fill === true ? { fill: `${stroke}33` } : {}),
  };
  switch (kind) {
    case 'line':
      return shared;
    case 'dashed':
      return { ...shared, dash: [6, 4] };
    case 'stepped':
      return { ...shared, paths: uPlot.paths.stepped!({ align: 1 }) };
    case 'bars':
      return { ...shared, width: 0, fill: stroke, paths: uPlot.paths.bars!({ size: [0.8, 24] }) };
    case 'points':
      return { ...shared, paths: () => null, points: { show: true, size: 6, fill: stroke, width: 0 } };
  }
}
