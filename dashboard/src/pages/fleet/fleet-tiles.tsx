import { useTranslation } from 'react-i18next';
import type { FleetView } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Stat } from '../../ui/stat.tsx';

/** What the nodes do together. */
export function FleetTiles({ fleet }: { fleet: FleetView }) {
  const { t } = useTranslation('fleet');
  const format = useFormat();
  const { nodes, totals, state } = fleet;
  // Then this node shows itself alone.
  const isUnknown = state.status === 'away';
  const strays = nodes.filter(({ drifts }) => drifts).length;
  return (
    <section aria-label={t('tile.label')} className="grid grid-cols-2 gap-2 sm:gap-3 lg:grid-cols-4">
      <Stat
        label={t('tile.nodes')}
        value={isUnknown ? '–' : format.number(nodes.length)}
        {...(strays > 0 && { tone: 'warn' as const })}
        hint={
          isUnknown
            ? t('tile.nodesUnknown')
            : strays === 0
              ? t('tile.nodesAlike')
              : t('tile.nodesDrift', { count: strays, shown: format.number(strays) })
        }
      />
      <Stat
        label={t('tile.rate')}
        value={format.number(totals.requests_per_second)}
        hint={t('tile.rateHint')}
      />
      <Stat
        label={t('tile.waiting')}
        value={format.number(totals.waiting)}
        hint={t('tile.waitingHint', { running: format.number(totals.running) })}
      />
      <Stat
        label={t('tile.latency')}
        value={totals.requests === 0 ? '–' : format.duration(totals.latency_ms.p95)}
        hint={t('tile.latencyHint')}
      />
    </section>
  );
}
