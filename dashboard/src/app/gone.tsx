import { useTranslation } from 'react-i18next';
import { describeError } from '../api/problem.ts';
import { useFormat } from '../i18n/format.ts';
import { isCrowded } from '../live/live-stream.ts';
import { useLiveView, useTick } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { CodeBlock } from '../ui/code-block.tsx';

/** A short break needs no diagnosis. */
const DIAGNOSE_AFTER_MS = 5_000;

/** Whether the gateway has been silent for so long that somebody has to look. */
export function useIsGone(): boolean {
  const { connection, frameAtMs } = useLiveView();
  const now = useTick(500);
  if (connection.kind !== 'lost') return false;
  return frameAtMs === undefined || now - frameAtMs > DIAGNOSE_AFTER_MS;
}

/** What to look at while the gateway does not answer. It goes away by itself with the first frame. */
export function Gone() {
  const { t } = useTranslation();
  const { t: tError, i18n } = useTranslation('errors');
  const format = useFormat();
  const { connection } = useLiveView();
  const now = useTick(250);
  if (connection.kind !== 'lost') return null;
  const crowded = isCrowded(connection);
  const { sinceMs, attempts, reason, nextAttemptAtMs } = connection;
  const inMs = nextAttemptAtMs === undefined ? 0 : Math.max(0, nextAttemptAtMs - now);
  const text = reason === undefined ? undefined : describeError(reason, tError, i18n.language);
  return (
    <div className="mx-auto w-full max-w-3xl p-4 lg:p-6" data-testid="gone">
      <Card title={t(crowded ? 'gone.crowdedTitle' : 'gone.title')} tone="bad">
        <p>{t(crowded ? 'gone.crowded' : 'gone.explain')}</p>
        <p className="mt-2 text-muted">
          {t('gone.attempt', { count: attempts, time: format.time(sinceMs) })}.{' '}
          {t('gone.next', { wait: format.duration(Math.ceil(inMs / 1_000) * 1_000) })}
        </p>
        {!crowded && (
          <>
            <p className="mt-2 text-muted">
              {t('gone.reason')}:{' '}
              {text === undefined ? t('gone.network') : [text.title, text.detail].filter(Boolean).join(': ')}
            </p>
            <h3 className="mt-4 font-semibold">{t('gone.checks')}</h3>
            <ol className="mt-2 flex list-decimal flex-col gap-3 pl-5">
              <li className="min-w-0">
                {t('gone.check.process')}
                <CodeBlock code="npm start" language="sh" />
              </li>
              <li className="min-w-0">
                {t('gone.check.port')}
                <CodeBlock
                  language="sh"
                  code={`ss -ltn 'sport = :${location.port || (location.protocol === 'https:' ? '443' : '80')}'`}
                />
              </li>
              <li className="min-w-0">
                {t('gone.check.health')}
                <CodeBlock code="npx comporta healthcheck" language="sh" />
              </li>
            </ol>
          </>
        )}
      </Card>
    </div>
  );
}
