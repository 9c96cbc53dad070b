import { useTranslation } from 'react-i18next';
import type { FleetView } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { type DriftLine, driftLines } from './drift-lines.ts';

/** Which settings the nodes do not have alike, who has which, and what holds meanwhile. */
export function DriftCard({ fleet }: { fleet: FleetView }) {
  const { t } = useTranslation('fleet');
  const lines = driftLines(fleet.drift, fleet.nodes);
  return (
    <Card
      title={t('drift.title')}
      className="lg:col-span-2"
      {...(lines.length > 0 && { tone: 'warn' as const })}
    >
      {lines.length === 0 ? (
        <p className="text-muted">{fleet.state.status === 'away' ? t('drift.unknown') : t('drift.none')}</p>
      ) : (
        <>
          <p className="mb-3 text-muted text-sm">{t('drift.explain')}</p>
          <ul className="flex max-h-96 flex-col gap-3 overflow-y-auto">
            {lines.map((line) => (
              <li key={line.path}>
                <Line line={line} />
              </li>
            ))}
          </ul>
          <p className="mt-3 text-sm">{t('drift.fix')}</p>
        </>
      )}
    </Card>
  );
}

function Line({ line }: { line: DriftLine }) {
  const { t } = useTranslation('fleet');
  const format = useFormat();
  return (
    <>
      <code className="break-words font-mono font-semibold text-sm">{line.path}</code>
      {line.strictestHolds && <p className="text-sm">{t('drift.strictest')}</p>}
      <dl className="mt-1 flex flex-col gap-1 text-sm">
        {line.values.map(({ value, count, names, more }) => {
          const named = more === 0 ? names : [...names, t('drift.more', { number: format.number(more) })];
          return (
            <div key={value ?? ''} className="flex flex-wrap gap-x-3">
              <dt className="break-words font-mono">{value ?? t('drift.missing')}</dt>
              <dd className="min-w-0 text-muted [overflow-wrap:anywhere]">
                {t('drift.nodes', { count, shown: format.number(count), names: named.join(', ') })}
              </dd>
            </div>
          );
        })}
      </dl>
    </>
  );
}
