import { useTranslation } from 'react-i18next';
import type { FieldProblem } from '../../api/problem.ts';
import { useFormat } from '../../i18n/format.ts';
import { translateMessage } from '../../i18n/server-messages.ts';
import { Button } from '../../ui/button.tsx';
import { CodeText } from '../../ui/code-text.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemList } from '../../ui/problem-list.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { PathList } from './path-list.tsx';
import type { ReloadOutcome } from './reload-outcome.ts';
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

interface RefusedProps {
  problems: readonly FieldProblem[];
  omitted: number;
  action: React.ReactNode;
}

function Refused({ problems, omitted, action }: RefusedProps) {
  const { t, i18n } = useTranslation('configuration');
  const language = i18n.resolvedLanguage ?? i18n.language;
  const translated = problems.map((problem) => ({
    ...problem,
    message: translateMessage(problem.message, language),
  }));
  return (
    <Notice tone="bad" title={t('reload.refused')} action={action}>
      <p>{t('reload.refusedExplain')}</p>
      <ProblemList problems={translated} omitted={omitted} />
    </Notice>
  );
}
