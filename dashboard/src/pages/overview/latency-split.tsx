import { useTranslation } from 'react-i18next';
import type { LiveState } from '../../api/types.ts';
import { StackBar } from '../../charts/stack-bar.tsx';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';

/** Whether a slow answer is the provider's doing, the queue's, or ours. */
export function LatencySplit({ minute }: { minute: LiveState['minute'] }) {
  const { t } = useTranslation('overview');
  const { duration } = useFormat();
  const { split } = minute;
  return (
    <Card title={t('split.title')}>
      {split === null ? (
        <p className="text-muted">{t('split.none')}</p>
      ) : (
        <>
          <p className="live-number mb-2 text-muted text-sm">
            {t('split.hint', { time: duration(split.queue + split.gateway + split.upstream) })}
          </p>
          <StackBar
            label={t('split.label')}
            format={duration}
            parts={[
              { label: t('split.queue'), value: split.queue, color: '--chart-queue' },
              { label: t('split.gateway'), value: split.gateway, color: '--chart-gateway' },
              { label: t('split.upstream'), value: split.upstream, color: '--chart-upstream' },
            ]}
          />
        </>
      )}
    </Card>
  );
}
