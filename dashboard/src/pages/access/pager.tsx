import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { IconButton } from '../../ui/icon-button.tsx';

interface PagerProps {
  readonly offset: number;
  readonly limit: number;
  readonly total: number;
  readonly onOffset: (offset: number) => void;
}

/** Which part of a long list is shown, and the way to the next. */
export function Pager({ offset, limit, total, onOffset }: PagerProps) {
  const { t } = useTranslation('access');
  const format = useFormat();
  if (total === 0) return null;
  return (
    <nav
      aria-label={t('pager.label')}
      className="flex flex-wrap items-center justify-end gap-2 text-muted text-sm"
    >
      <span>
        {t('pager.range', {
          first: format.number(Math.min(offset + 1, total)),
          last: format.number(Math.min(offset + limit, total)),
          total: format.number(total),
        })}
      </span>
      {total > limit && (
        <>
          <IconButton
            icon={ChevronLeft}
            label={t('pager.previous')}
            disabled={offset === 0}
            onClick={() => onOffset(Math.max(0, offset - limit))}
          />
          <IconButton
            icon={ChevronRight}
            label={t('pager.next')}
            disabled={offset + limit >= total}
            onClick={() => onOffset(offset + limit)}
          />
        </>
      )}
    </nav>
  );
}
