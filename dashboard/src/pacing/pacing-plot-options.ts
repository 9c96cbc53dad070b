import uPlot from 'uplot';
import {
  AXIS_FONT,
  axisSteps,
  RIGHT_ROOM,
  scaledFont,
  X_AXIS_HEIGHT,
  xLabels,
  yAxisWidth,
} from '../charts/axis-labels.ts';
import type { ChartData } from '../charts/chart-options.ts';
import { formatChartTime } from '../charts/chart-time.ts';
import { themeColor } from '../charts/theme-version.ts';
import { labelsWithRoom } from './label-room.ts';
import type { PacingModel, PacingSeries } from './pacing-model.ts';

const BOLD = '600 12px system-ui, sans-serif';
/** Pixels above the chart, for the numbers of bars that are cut. */
const ROOM_FOR_NUMBERS = 22;

const COLORS: Readonly<Record<PacingSeries, string>> = {
  arrivals: '--chart-arrivals',
  sends: '--chart-sends',
  cached: '--chart-cached',
};

export interface PacingLook {
  readonly width: number;
  readonly height: number;
  readonly locale: string;
  /** What is drawn now: it changes every second, the options do not. */
  readonly latest: () => { readonly model: PacingModel; readonly ceilingLabel: string | undefined };
  readonly formatY: (value: number) => string;
  readonly onCursor: (index: number | null | undefined) => void;
}

/** The columns of the chart: x, then the series in the order in which they are painted. */
export function pacingData({ x, drawn }: PacingModel): uPlot.AlignedData {
  const data: ChartData = [x, drawn.arrivals, drawn.sends, drawn.cached];
  return data as uPlot.AlignedData;
}

/**
 * Arrivals are wide pale bars, and the sends stand before them as narrow solid ones: one look tells how much came and
 * how little was let out. The ceiling is painted over both.
 */
export function pacingOptions(look: PacingLook): uPlot.Options {
  const { width, height, locale, latest, formatY, onCursor } = look;
  const grid = { stroke: themeColor('--line'), width: 1 };
  const axis: uPlot.Axis = {
    stroke: themeColor('--muted'),
    font: AXIS_FONT,
    grid,
    ticks: { ...grid, size: 4 },
  };
  const [arrivals, sends, cached] = [COLORS.arrivals, COLORS.sends, COLORS.cached].map(themeColor);
  return {
    width,
    height,
    legend: { show: false },
    padding: [ROOM_FOR_NUMBERS, RIGHT_ROOM, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false, sync: { key: PACING_CURSOR } },
    scales: {
      x: {
        time: true,
        range: () => {
          const { x } = latest().model;
          return [(x[0] ?? 0) - 0.5, (x.at(-1) ?? 1) + 0.5];
        },
      },
      y: { range: () => [0, latest().model.yMax] },
    },
    axes: [
      {
        ...axis,
        space: 76,
        size: X_AXIS_HEIGHT,
        values: (plot, splits) => xLabels(plot, splits, (sec, span) => formatChartTime(locale, sec, span)),
      },
      {
        ...axis,
        size: yAxisWidth,
        incrs: axisSteps(0),
        values: (_plot, splits) => splits.map(formatY),
      },
    ],
    series: [
      {},
      bars('arrivals', `${arrivals}`, 0.9, 0.55),
      bars('sends', `${sends}`, 0.5, 1),
      { label: 'cached', stroke: `${cached}`, width: 1.5, points: { show: false } },
    ],
    hooks: {
      draw: [(plot) => drawOver(plot, latest(), formatY)],
      setCursor: [(plot) => onCursor(plot.cursor.idx)],
    },
  };
}

/** Charts with this key share their cursor. */
export const PACING_CURSOR = 'pacing';

function bars(label: string, color: string, share: number, alpha: number): uPlot.Series {
  return {
    label,
    stroke: color,
    fill: color,
    alpha,
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars!({ size: [share, 48] }),
  };
}

type FormatY = PacingLook['formatY'];

function drawOver(
  plot: uPlot,
  { model, ceilingLabel }: ReturnType<PacingLook['latest']>,
  formatY: FormatY,
): void {
  const { ctx } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  drawCuts(plot, model, formatY, ratio);
  if (model.ceiling !== null) drawCeiling(plot, model, ceilingLabel ?? '', ratio);
  ctx.restore();
}

/** The line that no bar of the sends goes over; at the top edge when it is far above everything. */
function drawCeiling(plot: uPlot, { ceiling, yMax }: PacingModel, label: string, ratio: number): void {
  const { ctx, bbox } = plot;
  const inside = ceiling !== null && ceiling <= yMax;
  const y = inside ? plot.valToPos(ceiling, 'y', true) : bbox.top;
  const color = themeColor('--chart-limit');
  if (inside) {
    ctx.strokeStyle = color;
    ctx.lineWidth = 2 * ratio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.font = scaledFont(BOLD);
  const width = ctx.measureText(label).width;
  const [left, top, height] = [bbox.left + 4 * ratio, y - 20 * ratio, 17 * ratio];
  // A ground of its own: bars may stand behind the words.
  ctx.globalAlpha = 0.7;
  ctx.fillStyle = themeColor('--surface');
  ctx.fillRect(left, top, width + 8 * ratio, height);
  ctx.globalAlpha = 1;
  ctx.fillStyle = color;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(label, left + 4 * ratio, top + height / 2);
}

/** A torn edge on every bar that is cut, and above the highest ones how high they are. */
function drawCuts(plot: uPlot, { cuts, x }: PacingModel, formatY: FormatY, ratio: number): void {
  if (cuts.length === 0) return;
  const { ctx, bbox } = plot;
  const slot = bbox.width / x.length;
  const middle = (index: number): number => plot.valToPos(x[index] ?? 0, 'x', true);
  ctx.strokeStyle = themeColor('--surface');
  ctx.lineWidth = 2.5 * ratio;
  for (const { index, series } of cuts) {
    if (series === 'cached') continue;
    const [from, to, y] = [middle(index) - slot / 2, middle(index) + slot / 2, bbox.top + 9 * ratio];
    ctx.beginPath();
    ctx.moveTo(from, y + 3 * ratio);
    ctx.lineTo(to, y - 3 * ratio);
    ctx.stroke();
  }
  ctx.font = scaledFont(BOLD);
  const labels = cuts
    .filter(({ peak }) => peak)
    .map(({ index, value }) => {
      const text = `▲ ${formatY(value)}`;
      return { text, value, x: middle(index), width: ctx.measureText(text).width };
    });
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = themeColor('--text');
  for (const { text, x: at } of labelsWithRoom(labels, bbox.left, bbox.left + bbox.width)) {
    ctx.fillText(text, at, bbox.top - (ROOM_FOR_NUMBERS / 2) * ratio);
  }
}
