import { memo } from 'react';
import { cx } from './class-names.ts';
import { TONE_TEXT, type Tone } from './tone.ts';

export interface SparklineProps {
  /** Oldest first; `null` is a gap. */
  values: readonly (number | null)[];
  /** Pixels; the whole width of its box when nothing is said. */
  width?: number;
  /** Pixels. */
  height?: number;
  tone?: Tone | 'accent';
  label: string;
  className?: string;
}

const BOX_WIDTH = 100;
const BOX_HEIGHT = 30;

/** The shape of the last values, without axes. The floor is 0, so that a flat line of ones does not look like none. */
export const Sparkline = memo(function Sparkline(props: SparklineProps) {
  const { values, width, height = 32, tone = 'accent', label, className } = props;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${BOX_WIDTH} ${BOX_HEIGHT}`}
      preserveAspectRatio="none"
      width={width ?? '100%'}
      height={height}
      className={cx('block overflow-visible', tone === 'accent' ? 'text-accent' : TONE_TEXT[tone], className)}
    >
      <path
        d={sparkPath(values)}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinejoin="round"
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
});

/** The path of a sparkline in a box of 100 by 30. */
export function sparkPath(values: readonly (number | null)[]): string {
  const highest = values.reduce<number>((most, value) => (value !== null && value > most ? value : most), 0);
  const step = values.length > 1 ? BOX_WIDTH / (values.length - 1) : 0;
  let path = '';
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null || !Number.isFinite(value)) {
      drawing = false;
      return;
    }
    const x = round(index * step);
    const y = round(BOX_HEIGHT - (highest === 0 ? 0 : (Math.max(0, value) / highest) * BOX_HEIGHT));
    // A lone value would be a path without length: the round cap makes it a dot.
    path += drawing ? `L${x} ${y}` : `M${x} ${y}h0`;
    drawing = true;
  });
  return path;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
