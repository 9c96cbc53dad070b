import { useTranslation } from 'react-i18next';
import type { UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Stat } from '../../ui/stat.tsx';
import { type Budget, budgetsOf } from './budget.ts';
import { slotText } from './slot-text.ts';

/** Upstreams that a tile has room for. */
const MOST_BUDGETS = 3;

/** What the tightest limit of each paced upstream still lets out. */
export function BudgetTile({ upstreams }: { upstreams: readonly UpstreamStatus[] }) {
  const { t } = useTranslation('overview');
  const budgets = budgetsOf(upstreams);
  const first = budgets[0];
  if (first === undefined) return <Stat label={t('tile.budget')} value="–" hint={t('tile.budgetNone')} />;
  const others = budgets.slice(1, MOST_BUDGETS);
  const unseen = budgets.length - 1 - others.length;
  return (
    <Stat
      label={t('tile.budget')}
      value={<BudgetFigure budget={first} />}
      hint={<BudgetLine budget={first} />}
    >
      {others.length > 0 && (
        <ul className="text-xs">
          {others.map((budget) => (
            <li key={budget.upstream}>
              <BudgetLine budget={budget} />
            </li>
          ))}
        </ul>
      )}
      {unseen > 0 && <p className="text-muted text-xs">{t('tile.budgetMore', { count: unseen })}</p>}
    </Stat>
  );
}

/** How many calls are left; with one a window, how long until there is one again. */
function BudgetFigure({ budget: { limit, nextSlotInMs, single } }: { budget: Budget }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (single && nextSlotInMs === null) return '–';
  if (single) return nextSlotInMs === 0 ? t('now') : format.duration(nextSlotInMs ?? 0);
  return (
    <>
      {format.number(limit.left)}
      <span className="font-normal text-base text-muted"> / {format.number(limit.count)}</span>
    </>
  );
}

function BudgetLine({ budget }: { budget: Budget }) {
  const { t } = useTranslation('overview');
  const format = useFormat();
  const { upstream, limit, nextSlotInMs, single } = budget;
  return (
    <>
      <span className="break-all font-mono">{upstream}</span>
      {': '}
      <span className="live-number">
        {single
          ? slotText(nextSlotInMs, t, format)
          : t('tile.budgetLeft', {
              left: format.number(limit.left),
              count: format.number(limit.count),
              window: format.duration(limit.window_ms),
            })}
      </span>
    </>
  );
}
