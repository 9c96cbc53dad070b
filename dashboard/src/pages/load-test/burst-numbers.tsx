import { useTranslation } from 'react-i18next';
import type { Burst } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Stat } from '../../ui/stat.tsx';
import { predictedMs, shareDone } from './burst-verdict.ts';

/** How far it is: a bar, and the numbers that an eye across the room can read. */
export function BurstNumbers({ burst }: { burst: Burst }) {
  const { t } = useTranslation('loadTest');
  const format = useFormat();
  const { done, succeeded, failed, waiting, elapsed_ms: elapsedMs, settings, rate_per_sec: rate } = burst;
  const share = shareDone(burst);
  const expectedMs = predictedMs(burst);
  const expected =
    expectedMs === undefined ? undefined : t('numbers.predicted', { time: format.duration(expectedMs) });
  return (
    <div className="flex flex-col gap-3">
      <div
        role="progressbar"
        aria-label={t('numbers.progress')}
        aria-valuemin={0}
        aria-valuemax={settings.count}
        aria-valuenow={done}
        className="flex h-3 w-full overflow-hidden rounded-full bg-sunken"
      >
        <div
          className="bg-ok"
          style={{ width: `${settings.count === 0 ? 0 : (succeeded / settings.count) * 100}%` }}
        />
        <div
          className="bg-bad"
          style={{ width: `${settings.count === 0 ? 0 : (failed / settings.count) * 100}%` }}
        />
      </div>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-5" data-testid="burst-numbers">
        <Stat
          label={t('numbers.done')}
          value={
            <>
              {format.number(done)}/<wbr />
              {format.number(settings.count)}
            </>
          }
          hint={format.percent(share)}
        />
        <Stat label={t('numbers.waiting')} value={format.number(waiting)} hint={t('numbers.waitingHint')} />
        <Stat label={t('numbers.succeeded')} value={format.number(succeeded)} />
        <Stat
          label={t('numbers.failed')}
          value={format.number(failed)}
          {...(failed > 0 ? { tone: 'bad' as const } : {})}
        />
        <Stat
          label={t('numbers.elapsed')}
          value={format.duration(elapsedMs)}
          hint={expected ?? t('numbers.rate', { rate: format.rate(rate) })}
          className="max-md:col-span-2"
        />
      </div>
    </div>
  );
}
