import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import { ApiError } from '../../api/problem.ts';
import type { UsageDimension } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { areKeptTogether } from './usage-dimensions.ts';
import { NO_FILTERS } from './usage-question.ts';

export interface CombinationNoticeProps {
  error: unknown;
  /** Groups and filters of the question. */
  dimensions: readonly UsageDimension[];
  hasFilters: boolean;
  onRetry: () => void;
  onChange: (change: Search) => void;
}

/** Why there is no answer. What is not counted together gets words of its own, and a way out instead of a retry. */
export function CombinationNotice(props: CombinationNoticeProps) {
  const { error, dimensions, hasFilters, onRetry, onChange } = props;
  const { t } = useTranslation('usage');
  const wasRefused = error instanceof ApiError && error.status === 400;
  const clear = hasFilters && (
    <Button size="sm" onClick={() => onChange(NO_FILTERS)}>
      {t('filter.clearAll')}
    </Button>
  );
  if (wasRefused && !areKeptTogether(dimensions)) {
    const names = [...new Set(dimensions)].map((dimension) => t(`dimension.${dimension}`)).join(', ');
    return (
      <Notice tone="warn" title={t('conflict.title', { names })} action={clear}>
        {t('conflict.explain')}
      </Notice>
    );
  }
  return (
    <div className="flex flex-col items-start gap-3">
      <ProblemNotice className="w-full" error={error} {...(wasRefused ? {} : { onRetry })} />
      {wasRefused && clear}
    </div>
  );
}
