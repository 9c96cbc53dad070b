import { useTranslation } from 'react-i18next';
import type { CacheStats } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { CodeText } from '../../ui/code-text.tsx';

/** Every counter of the cache, in the order of a request's way. */
const COUNTERS = [
  'hits',
  'stale',
  'stale_if_error',
  'misses',
  'bypasses',
  'stores',
  'revalidated',
  'refreshes',
  'refresh_failures',
  'refreshes_skipped',
  'evictions',
  'too_large',
  'too_many_variants',
] as const satisfies readonly (keyof CacheStats)[];

export function CountersCard({ stats }: { stats: CacheStats }) {
  const { t } = useTranslation('cache');
  const format = useFormat();
  return (
    <Card title={t('counters.title')}>
      <dl className="grid grid-cols-1 gap-x-8 sm:grid-cols-2 xl:grid-cols-3">
        {COUNTERS.map((name) => (
          <div key={name} className="flex items-baseline justify-between gap-4 border-line border-b py-1.5">
            <dt className="min-w-0">
              {t(`counter.${name}.name`)}
              <span className="block text-muted text-xs">
                <CodeText text={t(`counter.${name}.means`)} />
              </span>
            </dt>
            <dd className="shrink-0 font-medium">{format.number(stats[name])}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
