import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { secondGrid, sumOf } from '../../live/second-grid.ts';
import { useLive } from '../../live/use-live.ts';
import { PacingCard } from '../../pacing/pacing-card.tsx';
import { Card } from '../../ui/card.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { BurstLink, PlaygroundLink } from './action-link.tsx';
import { LatencySplit } from './latency-split.tsx';
import { Tiles } from './tiles.tsx';
import { TimelineCard } from './timeline-card.tsx';
import { UpstreamTable } from './upstream-table.tsx';
import { Welcome } from './welcome.tsx';

/** Traffic, queue and breaker of the whole gateway on one page, from the live stream alone. */
export function OverviewPage() {
  const { t } = useTranslation('overview');
  const live = useLive();
  const samples = live?.samples;
  const grid = useMemo(() => secondGrid(samples ?? []), [samples]);
  if (live === undefined) return <Waiting />;
  const { requests, in_flight: inFlight } = live.state.totals;
  const untouched = requests === 0 && inFlight === 0 && sumOf(grid, ({ waiting }) => waiting) === 0;
  return (
    <Page
      title={t('title')}
      subtitle={t('subtitle')}
      actions={
        !untouched && (
          <>
            <PlaygroundLink />
            <BurstLink primary={false} />
          </>
        )
      }
    >
      {untouched && <Welcome upstreams={live.upstreams} />}
      <Tiles live={live} grid={grid} />
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-3">
        <div className="min-w-0 lg:col-span-2">
          <PacingCard grid={grid} upstreams={live.upstreams} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <LatencySplit minute={live.state.minute} />
          <TimelineCard entries={live.timeline} />
        </div>
      </div>
      <UpstreamTable grid={grid} upstreams={live.upstreams} />
    </Page>
  );
}

/** Until the first frame. The bar above says when the gateway does not answer. */
function Waiting() {
  const { t } = useTranslation('overview');
  return (
    <Page title={t('title')} subtitle={t('waitingForData')}>
      <Card>
        <Skeleton lines={6} />
      </Card>
    </Page>
  );
}
