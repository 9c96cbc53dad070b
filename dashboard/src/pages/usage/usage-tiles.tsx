import { useTranslation } from 'react-i18next';
import type { UsageRow } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Stat } from '../../ui/stat.tsx';
import { successShare } from './usage-question.ts';

/** The whole range in six numbers. */
export function UsageTiles({ summary }: { summary: UsageRow }) {
  const { t } = useTranslation('usage');
  const format = useFormat();
  const { count, errors, refused, hits, bytes, total } = summary;
  return (
    <section
      aria-label={t('tile.label')}
      className="grid grid-cols-2 gap-2 sm:grid-cols-3 sm:gap-3 xl:grid-cols-6"
    >
      <Stat label={t('tile.requests')} value={format.number(count)} />
      <Stat
        label={t('tile.success')}
        value={format.percent(successShare(summary) ?? 0)}
        hint={t('tile.successHint', { number: format.number(count - errors) })}
      />
      <Stat
        label={t('tile.failures')}
        value={format.number(errors)}
        hint={t('tile.failuresHint', { number: format.number(refused) })}
      />
      <Stat
        label={t('tile.cached')}
        value={format.number(hits)}
        hint={t('tile.cachedHint', { percent: format.percent(hits / count) })}
      />
      <Stat
        label={t('tile.p95')}
        value={format.duration(total.p95)}
        hint={t('tile.p95Hint', { average: format.duration(total.average) })}
      />
      <Stat label={t('tile.bytes')} value={format.bytes(bytes)} hint={t('tile.bytesHint')} />
    </section>
  );
}
