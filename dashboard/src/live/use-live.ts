import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { UpstreamStatus } from '../api/types.ts';
import type { LiveData } from './live-data.ts';
import type { LiveStream, LiveView } from './live-stream.ts';

export const LiveContext = createContext<LiveStream | undefined>(undefined);

function useStream(): LiveStream {
  const stream = useContext(LiveContext);
  if (stream === undefined) throw new Error('there is no live stream around this component');
  return stream;
}

/** Connection and data as of the last frame; renders once a second. */
export function useLiveView(): LiveView {
  const stream = useStream();
  return useSyncExternalStore(stream.subscribe, stream.snapshot);
}

/** The data as of the last frame; undefined before the first one. */
export function useLive(): LiveData | undefined {
  return useLiveView().data;
}

/** One upstream, by name; undefined when there is none of it. */
export function useUpstream(name: string): UpstreamStatus | undefined {
  return useLive()?.upstreams.find((upstream) => upstream.name === name);
}

/** Renders again every so often: for ages and countdowns between two frames. */
export function useTick(everyMs: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/**
 * The server's clock now, in ms since the epoch: what countdowns run against, so that a wrong clock of this machine
 * does not matter. Renders again `everyMs`. Stands still while nothing live comes.
 */
export function useServerNow(everyMs = 250): number | undefined {
  const { data, frameAtMs, connection } = useLiveView();
  const now = useTick(everyMs);
  if (data === undefined || frameAtMs === undefined) return undefined;
  return connection.kind === 'live' ? data.serverNowMs + Math.max(0, now - frameAtMs) : data.serverNowMs;
}
