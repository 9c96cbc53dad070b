import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { translateMessage } from '../../i18n/server-messages.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { CodeText } from './code-text.tsx';
import { PathList } from './path-list.tsx';
import type { FileProblem, ReloadOutcome } from './reload-outcome.ts';
import type { Reload } from './use-reload.ts';

/** What came of the last reload that was started here, until it is put away. */
export function ReloadResult({ reload }: { reload: Reload }) {
  const { t } = useTranslation('common');
  const { data, error } = reload;
  if (error !== null) return <ProblemNotice error={error} onRetry={() => reload.mutate()} />;
  if (data === undefined) return null;
  const dismiss = (
    <Button size="sm" variant="quiet" onClick={() => reload.reset()}>
      {t('dismiss')}
    </Button>
  );
  return data.kind === 'refused' ? (
    <Refused problems={data.problems} omitted={data.omitted} action={dismiss} />
  ) : (
    <Read outcome={data} action={dismiss} />
  );
}

interface ReadProps {
  outcome: Extract<ReloadOutcome, { kind: 'read' }>;
  action: React.ReactNode;
}

function Read({ outcome: { applied, restart, warnings }, action }: ReadProps) {
  const { t, i18n } = useTranslation('configuration');
  const format = useFormat();
  const language = i18n.resolvedLanguage ?? i18n.language;
  const nothing = applied.length === 0 && restart.length === 0;
  return (
    <div className="flex flex-col gap-2">
      <Notice
        tone={restart.length > 0 ? 'warn' : 'ok'}
        title={nothing ? t('reload.same') : t('reload.read')}
        action={action}
      >
        {applied.length > 0 && (
          <>
            <p>{t('reload.applied', { count: applied.length, shown: format.number(applied.length) })}</p>
            <PathList paths={applied} />
          </>
        )}
        {restart.length > 0 && (
          <>
            <p>{t('reload.restart', { count: restart.length, shown: format.number(restart.length) })}</p>
            <PathList paths={restart} />
          </>
        )}
      </Notice>
      {warnings.length > 0 && (
        <Notice tone="warn" title={t('reload.warnings')}>
          <ul className="list-disc pl-5">
            {warnings.map((warning) => (
              <li key={warning}>
                <CodeText text={translateMessage(warning, language)} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}

/** More than anybody mends at once. */
const MOST_PROBLEMS = 50;

interface RefusedProps {
  problems: readonly FileProblem[];
  omitted: number;
  action: React.ReactNode;
}

function Refused({ problems, omitted, action }: RefusedProps) {
  const { t, i18n } = useTranslation('configuration');
  const format = useFormat();
  const language = i18n.resolvedLanguage ?? i18n.language;
  const rest = problems.length + omitted - Math.min(problems.length, MOST_PROBLEMS);
  return (
    <Notice tone="bad" title={t('reload.refused')} action={action}>
      <p>{t('reload.refusedExplain')}</p>
      <ol className="mt-2 flex flex-col gap-2">
        {problems.slice(0, MOST_PROBLEMS).map(({ place, field, message }) => (
          <li key={`${place} ${field} ${message}`}>
            <p className="flex flex-wrap gap-x-2">
              {place !== '' && <code className="break-all font-mono font-semibold">{place}</code>}
              {field !== '' && <code className="break-all font-mono">{field}</code>}
            </p>
            <p>
              <CodeText text={translateMessage(message, language)} />
            </p>
          </li>
        ))}
      </ol>
      {rest > 0 && <p className="mt-2">{t('reload.more', { count: rest, shown: format.number(rest) })}</p>}
    </Notice>
  );
}
