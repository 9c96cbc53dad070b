import { ArrowUpDown, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct } from '../../api/session.ts';
import type { WaitingRequest } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { RunningInRow } from './countdown.tsx';

/** Pixels. */
export const ROW_HEIGHT = { wide: 44, narrow: 76 } as const;

const GRID =
  'grid grid-cols-[4.5rem_minmax(6rem,2fr)_minmax(5rem,1fr)_4.5rem_5.5rem_5.5rem_4.5rem] items-center gap-x-3 px-3';

/** The names of the columns, for the eye; each cell says its own to a screen reader. */
export function QueueRowHead() {
  const { t } = useTranslation('upstream');
  return (
    <div aria-hidden className={`${GRID} min-h-9 border-line border-b bg-sunken text-muted text-sm`}>
      <span className="text-right">{t('row.position')}</span>
      <span>{t('row.id')}</span>
      <span>{t('row.client')}</span>
      <span className="text-right">{t('row.urgency')}</span>
      <span className="text-right">{t('row.age')}</span>
      <span className="text-right">{t('row.eta')}</span>
      <span />
    </div>
  );
}

interface QueueRowProps {
  readonly found: { readonly row: WaitingRequest; readonly atMs: number } | undefined;
  readonly isNarrow: boolean;
  readonly onPromote: (row: WaitingRequest) => void;
  readonly onRemove: (row: WaitingRequest) => void;
}

/** One who waits. Its ages run between two answers by themselves. */
export function QueueRow({ found, isNarrow, onPromote, onRemove }: QueueRowProps) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  if (found === undefined) {
    return (
      <div className="flex h-full items-center border-line border-b px-3">
        <Skeleton />
      </div>
    );
  }
  const { row, atMs } = found;
  const position = <span className="live-number">{format.number(row.position)}</span>;
  const id = (
    <span className="font-mono" title={row.id}>
      {row.id}
    </span>
  );
  const age = <RunningInRow ms={row.age_ms} asOfMs={atMs} way="up" />;
  const eta =
    row.eta_ms === null ? t('row.etaUnknown') : <RunningInRow ms={row.eta_ms} asOfMs={atMs} way="down" />;
  const actions = <RowActions row={row} onPromote={onPromote} onRemove={onRemove} />;
  if (isNarrow) {
    return (
      <div className="flex h-full flex-col justify-center border-line border-b px-2 text-sm">
        <div className="flex items-center gap-2">
          <Cell name={t('row.position')} className="font-semibold">
            {position}
          </Cell>
          <Cell name={t('row.id')} className="min-w-0 flex-1 truncate">
            {id}
          </Cell>
          {actions}
        </div>
        <div className="flex flex-wrap items-center gap-x-3 overflow-hidden text-muted">
          <Cell name={t('row.client')} className="min-w-0 flex-1 truncate">
            {row.client}
          </Cell>
          <Cell name={t('row.urgency')}>u={row.urgency}</Cell>
          <Cell name={t('row.age')}>{age}</Cell>
          <span className="flex gap-1">
            <span aria-hidden>→</span>
            <Cell name={t('row.eta')}>{eta}</Cell>
          </span>
        </div>
      </div>
    );
  }
  return (
    <div className={`${GRID} h-full border-line border-b text-sm`}>
      <Cell name={t('row.position')} className="text-right font-semibold">
        {position}
      </Cell>
      <Cell name={t('row.id')} className="truncate">
        {id}
      </Cell>
      <Cell name={t('row.client')} className="truncate" title={row.client}>
        {row.client}
      </Cell>
      <Cell name={t('row.urgency')} className="live-number text-right">
        {row.urgency}
      </Cell>
      <Cell name={t('row.age')} className="text-right">
        {age}
      </Cell>
      <Cell name={t('row.eta')} className="text-right">
        {eta}
      </Cell>
      {actions}
    </div>
  );
}

function Cell(props: { name: string; className?: string; title?: string; children: ReactNode }) {
  const { name, className, title, children } = props;
  return (
    <span className={className} title={title}>
      <span className="sr-only">{name}: </span>
      {children}
    </span>
  );
}

function RowActions({
  row,
  onPromote,
  onRemove,
}: Pick<QueueRowProps, 'onPromote' | 'onRemove'> & { row: WaitingRequest }) {
  const { t } = useTranslation('upstream');
  const mayAct = useMayAct();
  return (
    <span className="flex justify-end">
      <IconButton
        icon={ArrowUpDown}
        size="sm"
        disabled={!mayAct}
        label={t('row.promote', { id: row.id })}
        onClick={() => onPromote(row)}
      />
      <IconButton
        icon={Trash2}
        size="sm"
        tone="bad"
        disabled={!mayAct}
        label={t('row.remove', { id: row.id })}
        onClick={() => onRemove(row)}
      />
    </span>
  );
}
