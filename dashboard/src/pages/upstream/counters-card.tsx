import { useTranslation } from 'react-i18next';
import type { UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';

/** What the gate has counted since the process began. */
export function CountersCard({ counters }: { counters: UpstreamStatus['counters'] }) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  const refused = Object.entries(counters.refused).filter(([, count]) => count > 0);
  const total = refused.reduce((sum, [, count]) => sum + count, 0);
  const figures = [
    { key: 'entered', value: counters.entered },
    { key: 'granted', value: counters.granted },
    { key: 'sent', value: counters.sent },
    { key: 'cancelled', value: counters.cancelled },
    { key: 'refused', value: total },
    { key: 'pauses', value: counters.pauses },
    { key: 'breakerOpened', value: counters.breaker_opened },
  ] as const;
  return (
    <Card title={t('counters.title')}>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4 lg:grid-cols-7">
        {figures.map(({ key, value }) => (
          <div key={key} className="min-w-0" title={t(`counters.${key}Hint`)}>
            <dt className="text-muted text-sm">{t(`counters.${key}`)}</dt>
            <dd className="live-number font-semibold text-lg">{format.number(value)}</dd>
          </div>
        ))}
      </dl>
      {refused.length > 0 && (
        <div className="mt-4 border-line border-t pt-3">
          <h3 className="mb-1 font-semibold text-sm">{t('counters.byCode')}</h3>
          <ul className="flex flex-wrap gap-x-6 gap-y-1">
            {refused.map(([code, count]) => (
              <li key={code}>
                <code className="font-mono text-sm">{code}</code>{' '}
                <span className="live-number font-semibold">{format.number(count)}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}
