import { RotateCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { describeError } from '../api/problem.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

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
          {detail !== '' && <p>{detail}</p>}
          {errors.length > 0 && (
            <ul className="mt-1 list-disc pl-5">
              {errors.map(({ field, message }) => (
                <li key={`${field} ${message}`}>
                  {field !== '' && <code className="font-mono">{field}: </code>}
                  {message}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Notice>
  );
}
