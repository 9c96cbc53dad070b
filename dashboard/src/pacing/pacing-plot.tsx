import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { placePlot } from '../charts/place-plot.ts';
import { useThemeVersion } from '../charts/theme-version.ts';
import { useFormat } from '../i18n/format.ts';
import { PACING_SERIES, type PacingModel } from './pacing-model.ts';
import { pacingData, pacingOptions } from './pacing-plot-options.ts';

export interface PacingPlotProps {
  model: PacingModel;
  /** What stands at the line of the ceiling. */
  ceilingLabel: string | undefined;
  /** Says in words what the chart shows. */
  summary: string;
  /** Pixels. */
  height: number;
}

/** Arrivals, sends, the cache and the ceiling on one axis. One canvas for as long as the page is open. */
export function PacingPlot({ model, ceilingLabel, summary, height }: PacingPlotProps) {
  const { locale, number } = useFormat();
  const theme = useThemeVersion();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [hovered, setHovered] = useState<number | undefined>(undefined);
  const latest = useRef({ model, ceilingLabel });
  latest.current = { model, ceilingLabel };

  // biome-ignore lint/correctness/useExhaustiveDependencies: `theme` stands for the colours
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const { plot: made, remove } = placePlot(
      element,
      (width) =>
        pacingOptions({
          width,
          height,
          locale,
          latest: () => latest.current,
          formatY: number,
          onCursor: (index) => setHovered(index ?? undefined),
        }),
      pacingData(latest.current.model),
    );
    plot.current = made;
    return () => {
      remove();
      plot.current = undefined;
    };
  }, [height, locale, theme]);

  useEffect(() => {
    plot.current?.setData(pacingData(model));
  }, [model]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the label is painted, not rendered
  useEffect(() => plot.current?.redraw(false), [ceilingLabel]);

  return (
    <figure aria-label={summary} className="min-w-0">
      <div
        ref={box}
        aria-hidden="true"
        className="live-number w-full min-w-0 overflow-hidden"
        style={{ height }}
      />
      <Legend model={model} index={hovered ?? model.x.length - 1} />
    </figure>
  );
}

const SIGN = {
  arrivals: 'size-3 rounded-sm bg-chart-arrivals opacity-60',
  sends: 'h-3 w-1.5 rounded-sm bg-chart-sends',
  cached: 'w-4 border-chart-cached border-t-2',
} as const;

/** The values as counted, also where the chart cuts them: those under the cursor, or the newest. */
function Legend({ model, index }: { model: PacingModel; index: number }) {
  const { t } = useTranslation('overview');
  const { number, time } = useFormat();
  const endOfSecond = model.x[index];
  return (
    <ul aria-hidden="true" className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {PACING_SERIES.map((series) => (
        <li key={series} className="inline-flex items-center gap-1.5">
          <span className={SIGN[series]} />
          <span className="text-muted">{t(`pacing.${series}`)}</span>
          <span className="live-number">{shown(model.values[series][index], number)}</span>
        </li>
      ))}
      {model.ceiling !== null && (
        <li className="inline-flex items-center gap-1.5">
          <span className="w-4 border-chart-limit border-t-2" />
          <span className="text-muted">{t('pacing.limit')}</span>
          <span className="live-number">{number(model.ceiling)}</span>
        </li>
      )}
      {endOfSecond !== undefined && (
        <li className="live-number ml-auto text-muted">{time((endOfSecond - 0.5) * 1_000)}</li>
      )}
    </ul>
  );
}

function shown(value: number | null | undefined, number: (value: number) => string): string {
  return value === null || value === undefined ? '–' : number(value);
}
