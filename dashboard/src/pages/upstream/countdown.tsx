import { createContext, type ReactNode, useContext } from 'react';
import { useFormat } from '../../i18n/format.ts';
import { useServerNow } from '../../live/use-live.ts';
import { shownMs } from './queue-pages.ts';
import { useStillTick } from './use-still-tick.ts';

const TICK_MS = 200;
const RowClock = createContext(0);

/** Whole seconds until a moment of the server's clock, rounded up: one that says 0 s has come. */
export function Countdown({ until }: { until: string }) {
  const format = useFormat();
  const now = useServerNow();
  const leftMs = now === undefined ? undefined : Date.parse(until) - now;
  if (leftMs === undefined || Number.isNaN(leftMs)) return <>?</>;
  return (
    <span className="live-number">{format.duration(Math.max(0, Math.ceil(leftMs / 1_000) * 1_000))}</span>
  );
}

/** How long ago a moment of the server's clock was. */
export function Since({ at }: { at: string }) {
  const format = useFormat();
  const now = useServerNow(1_000);
  if (now === undefined) return <>?</>;
  return (
    <span className="live-number">
      {format.duration(shownMs(Math.floor((now - Date.parse(at)) / 1_000) * 1_000))}
    </span>
  );
}

interface RunningProps {
  readonly ms: number;
  readonly asOfMs: number;
  readonly way: 'up' | 'down';
}

/** A time that was so long at `asOfMs` (`performance.now()`) and runs `up` or `down` since. */
export function Running(props: RunningProps) {
  return <RunningTo nowMs={useStillTick(TICK_MS)} {...props} />;
}

/** The same in the rows of a list: one clock for all of them, which the rows themselves do not render again for. */
export function RunningInRow(props: RunningProps) {
  return <RunningTo nowMs={useContext(RowClock)} {...props} />;
}

export function RowClockProvider({ children }: { children: ReactNode }) {
  return <RowClock value={useStillTick(TICK_MS)}>{children}</RowClock>;
}

function RunningTo({ nowMs, ms, asOfMs, way }: RunningProps & { nowMs: number }) {
  const format = useFormat();
  const elapsed = Math.max(0, nowMs - asOfMs);
  return (
    <span className="live-number">
      {format.duration(shownMs(way === 'up' ? ms + elapsed : ms - elapsed))}
    </span>
  );
}
