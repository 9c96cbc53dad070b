import { useEffect, useLayoutEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatDuration, formatNumber, useFormat } from '../i18n/format.ts';
import { cx } from '../ui/class-names.ts';
import { type ChartData, type ChartSeries, chartOptions } from './chart-options.ts';
import { formatChartTime } from './chart-time.ts';
import { placePlot } from './place-plot.ts';
import { useThemeVersion } from './theme-version.ts';

export type { ChartData, ChartSeries } from './chart-options.ts';

export interface TimeChartProps {
  series: readonly ChartSeries[];
  /** One array of x, then one of y for each series, all of one length; `null` is a gap. */
  data: ChartData;
  /** Pixels. */
  height: number;
  /** Is x an instant, in seconds since 1970? Otherwise it is milliseconds from the start. */
  xTime: boolean;
  yLabel?: string;
  /** Grows when a value is above it. */
  yMax?: number;
  yMin?: number;
  /** The values are counts: the axis has whole numbers only. */
  whole?: boolean;
  /** Charts with the same key share their cursor. */
  syncKey?: string;
  ariaLabel: string;
  formatY?: (y: number) => string;
  formatX?: (x: number) => string;
  className?: string;
}

/** Values over time. It is made once and then given new data: a page that runs for hours keeps one canvas. */
export function TimeChart(props: TimeChartProps) {
  const {
    series,
    data,
    height,
    xTime,
    yLabel,
    yMax,
    yMin = 0,
    whole = false,
    syncKey,
    ariaLabel,
    className,
  } = props;
  const { t } = useTranslation('common');
  const { locale } = useFormat();
  const theme = useThemeVersion();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const values = useRef<(HTMLSpanElement | null)[]>([]);
  const hovered = useRef<number | null | undefined>(undefined);

  const formatY = props.formatY ?? ((y: number) => formatNumber(locale, y, { maximumFractionDigits: 2 }));
  // What changes with every render but must not make a new chart.
  const latest = useRef({ data, formatX: props.formatX, formatY });
  latest.current = { data, formatX: props.formatX, formatY };

  const showValues = useRef((): void => {
    const { data: now, formatY: format } = latest.current;
    values.current.forEach((element, place) => {
      if (element === null) return;
      const column = now[place + 1] ?? [];
      const index = hovered.current ?? undefined;
      const value = index === undefined ? latestValue(column, xTime) : column[index];
      const text = value === null || value === undefined ? '–' : format(value);
      if (element.textContent !== text) element.textContent = text;
    });
  });

  const shape = JSON.stringify(series.map(({ label, color, kind, fill }) => [label, color, kind, fill]));
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the series, `theme` for their colours
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const { plot: made, remove } = placePlot(
      element,
      (width) =>
        chartOptions({
          series,
          width,
          height,
          xTime,
          yLabel,
          yMin,
          yMax,
          whole,
          syncKey,
          formatX: (x, span) =>
            latest.current.formatX?.(x) ??
            (xTime ? formatChartTime(locale, x, span) : formatDuration(locale, x)),
          formatY: (y) => latest.current.formatY(y),
          onCursor: (index) => {
            hovered.current = index;
            showValues.current();
          },
        }),
      latest.current.data as uPlot.AlignedData,
    );
    plot.current = made;
    return () => {
      remove();
      plot.current = undefined;
      hovered.current = undefined;
    };
  }, [shape, height, xTime, yLabel, yMin, yMax, whole, syncKey, locale, theme]);

  useEffect(() => {
    const made = plot.current;
    if (made !== undefined && made.data !== data) made.setData(data as uPlot.AlignedData);
    showValues.current();
  }, [data]);
  // A new language or a new legend has no values yet.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => showValues.current(), [shape, locale]);

  return (
    <figure aria-label={ariaLabel} className={cx('min-w-0', className)}>
      <div ref={box} aria-hidden="true" className="w-full min-w-0 overflow-hidden" style={{ height }} />
      <ul aria-hidden="true" className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {series.map((one, place) => (
          <li key={one.label} className="inline-flex items-center gap-1.5">
            <SeriesSign series={one} />
            <span className="text-muted">{one.label}</span>
            <span
              className="live-number"
              ref={(element) => {
                values.current[place] = element;
              }}
            />
          </li>
        ))}
      </ul>
      <div className="sr-only">
        <table>
          <caption>{t('latestValues')}</caption>
          <tbody>
            {series.map((one, place) => {
              const value = latestValue(data[place + 1] ?? [], xTime);
              return (
                <tr key={one.label}>
                  <th scope="row">{one.label}</th>
                  <td>{value === null || value === undefined ? t('noData') : formatY(value)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** On a clock the last place is now, and a gap there is a gap; from a start, the axis may reach beyond what is known. */
function latestValue(values: readonly (number | null)[], xTime: boolean): number | null | undefined {
  return xTime ? values.at(-1) : values.findLast((value) => value !== null);
}

/** The series as it is drawn: the kind of line tells it apart without its colour. */
function SeriesSign({ series: { color, kind } }: { series: ChartSeries }) {
  const style = { color: `var(${color})` };
  if (kind === 'bars') return <span className="size-3 rounded-sm bg-current" style={style} />;
  if (kind === 'points') return <span className="size-2 rounded-full bg-current" style={style} />;
  return (
    <span
      className={cx('w-4 border-current border-t-2', kind === 'dashed' && 'border-dashed')}
      style={style}
    />
  );
}
