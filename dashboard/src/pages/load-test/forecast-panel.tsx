import { Link } from '@tanstack/react-router';
import { Hourglass } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { BurstForecast } from '../../api/types.ts';
import type { BurstRequest } from '../../calls/burst-form.ts';
import { useFormat } from '../../i18n/format.ts';
import { limitText } from '../../live/verdict-text.ts';
import { cx } from '../../ui/class-names.ts';
import { Notice } from '../../ui/notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { forecastKind, forecastValues } from './forecast-line.ts';

export interface ForecastPanelProps {
  /** Undefined until it is there. */
  forecast: BurstForecast | undefined;
  request: BurstRequest;
  /** It answers an earlier question, or somebody still types. */
  old: boolean;
}

/** How the burst would go, before it is started. */
export function ForecastPanel({ forecast, request, old }: ForecastPanelProps) {
  const { t } = useTranslation('loadTest');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  return (
    <section aria-labelledby="forecast" className="rounded-md border border-line bg-sunken p-3">
      <h3 id="forecast" className="flex items-center gap-2 text-muted text-sm">
        <Hourglass aria-hidden="true" className="size-4" />
        {t('forecast.title')}
      </h3>
      {forecast === undefined ? (
        <div className="mt-2">
          <Skeleton lines={2} />
        </div>
      ) : (
        <div className={cx('mt-1 flex flex-col gap-2', old && 'opacity-60')}>
          <p data-testid="forecast" className="font-semibold text-lg">
            {t(
              `forecast.${forecastKind(forecast)}`,
              forecastValues(forecast, request, format, (limit) => limitText(limit, tCommon, format)),
            )}
          </p>
          <ForecastFacts forecast={forecast} />
        </div>
      )}
    </section>
  );
}

/** What else is known: who waits already, what would be refused and why. */
function ForecastFacts({ forecast }: { forecast: BurstForecast }) {
  const { t } = useTranslation('loadTest');
  const format = useFormat();
  const { already_waiting: waiting, will_be_refused: refused, count, obstacles, upstream } = forecast;
  return (
    <>
      {waiting > 0 && (
        <p className="text-sm">
          {t('forecast.alreadyWaiting', { count: waiting, number: format.number(waiting) })}
        </p>
      )}
      {refused === 0 && obstacles.length === 0 && (
        <p className="text-muted text-sm">{t('forecast.noneRefused')}</p>
      )}
      {(refused > 0 || obstacles.length > 0) && (
        <Notice
          tone="warn"
          title={
            refused > 0
              ? t('forecast.refused', { number: format.number(refused), all: format.number(count) })
              : undefined
          }
          action={
            <Link
              to="/upstreams/$name"
              params={{ name: upstream }}
              className="min-h-6 text-sm underline underline-offset-2"
            >
              {t('forecast.toUpstream', { upstream })}
            </Link>
          }
        >
          <ul className="list-disc pl-4">
            {obstacles.map((obstacle) => (
              <li key={obstacle}>{t(`obstacle.${obstacle}`)}</li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
