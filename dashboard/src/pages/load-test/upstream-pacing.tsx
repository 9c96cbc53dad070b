import { useMemo } from 'react';
import { secondGrid } from '../../live/second-grid.ts';
import { useLive, useUpstream } from '../../live/use-live.ts';
import { PacingCard } from '../../pacing/pacing-card.tsx';

/** What the upstream sees meanwhile: the sends stay under the ceiling, whatever arrives. */
export function UpstreamPacing({ name }: { name: string }) {
  const upstream = useUpstream(name);
  const samples = useLive()?.samples;
  const grid = useMemo(() => secondGrid(samples ?? []), [samples]);
  return upstream === undefined ? null : <PacingCard grid={grid} upstreams={[upstream]} />;
}
