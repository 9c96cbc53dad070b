import { RotateCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ApiError, describeError } from '../api/problem.ts';
import { Button } from './button.tsx';
import { CodeText } from './code-text.tsx';
import { Notice } from './notice.tsx';
import { ProblemList } from './problem-list.tsx';

export interface ProblemNoticeProps {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}

/** An error of the API, in words: what failed, why, and which fields. Nothing when there is no error. */
export function ProblemNotice({ error, onRetry, className }: ProblemNoticeProps) {
  const { t, i18n } = useTranslation('common');
  const { t: tError } = useTranslation('errors');
  if (error === null || error === undefined) return null;
  const { title, detail, errors } = describeError(error, tError, i18n.resolvedLanguage ?? i18n.language);
  const hasBody = detail !== '' || errors.length > 0;
  return (
    <Notice
      tone="bad"
      title={title}
      className={className}
      action={
        onRetry === undefined ? undefined : (
          <Button size="sm" icon={RotateCw} onClick={onRetry}>
            {t('retry')}
          </Button>
        )
      }
    >
      {hasBody && (
        <>
          {detail !== '' && (
            <p>
              <CodeText text={detail} />
            </p>
          )}
          {errors.length > 0 && (
            <ProblemList problems={errors} omitted={error instanceof ApiError ? error.errorsOmitted : 0} />
          )}
        </>
      )}
    </Notice>
  );
}
