import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { LiveState } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { failureCauses } from '../../live/last-minute.ts';
import { bySecond, type SecondGrid } from '../../live/second-grid.ts';
import { Stat } from '../../ui/stat.tsx';
import { useCauseText } from './use-cause-text.ts';

/** Causes that a tile has room for; the rest is one number. */
const MOST_CAUSES = 3;

/** What went wrong in the last minute, by cause. */
export function FailuresTile({ grid, errors }: { grid: SecondGrid; errors: LiveState['minute']['errors'] }) {
  const { t } = useTranslation('overview');
  const format = useFormat();
  const causeText = useCauseText();
  const causes = useMemo(() => failureCauses(grid, errors), [grid, errors]);
  const spark = useMemo(() => bySecond(grid, ({ requests, successes }) => requests - successes), [grid]);
  const total = causes.reduce((sum, { count }) => sum + count, 0);
  const rest = causes.slice(MOST_CAUSES).reduce((sum, { count }) => sum + count, 0);
  return (
    <Stat
      label={t('tile.failures')}
      value={format.number(total)}
      hint={total === 0 ? t('tile.failuresNone') : t('tile.failuresHint')}
      spark={spark}
      sparkTone={total === 0 ? 'neutral' : 'bad'}
    >
      {total > 0 && (
        <ul className="text-xs">
          {causes.slice(0, MOST_CAUSES).map(({ cause, count }) => (
            <li key={cause} className="flex justify-between gap-2">
              <span className="min-w-0 truncate" title={causeText(cause)}>
                {causeText(cause)}
              </span>
              <span className="live-number font-medium">{format.number(count)}</span>
            </li>
          ))}
          {rest > 0 && (
            <li className="text-muted">{t('tile.failuresMore', { number: format.number(rest) })}</li>
          )}
        </ul>
      )}
    </Stat>
  );
}
