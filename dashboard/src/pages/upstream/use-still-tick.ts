import { useRef } from 'react';
import { useLiveView, useTick } from '../../live/use-live.ts';

/** `performance.now()`, every so often; it stands still while nothing live comes, so that no age is made up. */
export function useStillTick(everyMs: number): number {
  const now = useTick(everyMs);
  const { connection } = useLiveView();
  const last = useRef(now);
  if (connection.kind === 'live') last.current = now;
  return last.current;
}
