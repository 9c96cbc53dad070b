import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { useLive } from '../../live/use-live.ts';
import { reasonText } from '../../live/verdict-text.ts';
import { lastTransitions, type Transition } from './breaker-path.ts';

const MOST_SHOWN = 5;

/** The last changes of the breaker, newest first. */
export function BreakerHistory({ name, failures }: { name: string; failures: number }) {
  const { t } = useTranslation('upstream');
  const timeline = useLive()?.timeline;
  const transitions = useMemo(() => lastTransitions(timeline ?? [], name, MOST_SHOWN), [timeline, name]);
  return (
    <div>
      <h3 className="mb-1 font-semibold text-sm">{t('history.title')}</h3>
      {transitions.length === 0 ? (
        <p className="text-muted text-sm">{t('history.none')}</p>
      ) : (
        <ol className="flex flex-col divide-y divide-line text-sm">
          {transitions.map((transition) => (
            <Line key={transition.id} transition={transition} failures={failures} />
          ))}
        </ol>
      )}
    </div>
  );
}

function Line({ transition, failures }: { transition: Transition; failures: number }) {
  const { t } = useTranslation('upstream');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const { at, from, to, reason, forMs, times } = transition;
  const facts = [
    reason === undefined ? undefined : reasonText(reason, failures, tCommon),
    forMs === undefined ? undefined : t('history.lasts', { time: format.duration(forMs) }),
    times > 1 ? t('history.times', { count: times, shown: format.number(times) }) : undefined,
  ].filter((fact) => fact !== undefined);
  return (
    <li className="flex flex-wrap gap-x-3 py-1">
      <time dateTime={at} title={format.dateTime(at)} className="text-muted">
        {format.time(at)}
      </time>
      <span className="font-medium">
        {t('history.change', { from: t(`breaker.state.${from}`), to: t(`breaker.state.${to}`) })}
      </span>
      {facts.length > 0 && <span className="text-muted">{facts.join(', ')}</span>}
    </li>
  );
}
