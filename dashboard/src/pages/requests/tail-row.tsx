import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequestRecord } from '../../api/types.ts';
import { nameOf } from '../../clients/rule-client.ts';
import { useFormat } from '../../i18n/format.ts';
import { cx } from '../../ui/class-names.ts';
import { StatusDot } from '../../ui/status-dot.tsx';
import { OUTCOME_TONE } from './outcome-tone.ts';
import { splitOf } from './why.ts';

/** Pixels. */
export const ROW_HEIGHT = { wide: 40, narrow: 60 } as const;

const GRID =
  'grid grid-cols-[4.5rem_minmax(8rem,1.6fr)_minmax(5rem,0.8fr)_minmax(9rem,2fr)_3.5rem_5rem_4.5rem_4.5rem_4.5rem_4.5rem] items-center gap-x-3 px-3';

/** The names of the columns, for the eye; each cell says its own to a screen reader. */
export function TailHead() {
  const { t } = useTranslation('requests');
  return (
    <div
      aria-hidden="true"
      className={`${GRID} min-h-9 border-line border-b bg-sunken font-medium text-muted text-sm`}
    >
      <span>{t('column.time')}</span>
      <span>{t('column.request')}</span>
      <span>{t('column.client')}</span>
      <span>{t('column.outcome')}</span>
      <span>{t('column.status')}</span>
      <span>{t('column.cache')}</span>
      <span className="text-right">{t('column.total')}</span>
      <span className="text-right">{t('column.queue')}</span>
      <span className="text-right">{t('column.upstream')}</span>
      <span className="truncate text-right">{t('column.attempts')}</span>
    </div>
  );
}

interface TailRowProps {
  readonly row: RequestRecord;
  readonly isNarrow: boolean;
  readonly isOpen: boolean;
  readonly onOpen: (row: RequestRecord) => void;
}

/** One request that ended: a button, because it opens the rest. */
export function TailRow({ row, isNarrow, isOpen, onOpen }: TailRowProps) {
  const { t } = useTranslation('requests');
  const format = useFormat();
  const request = (
    <>
      <span className="text-muted">{row.method}</span> {row.path}
    </>
  );
  const outcome = (
    <span className="inline-flex max-w-full items-center gap-2 align-middle">
      <StatusDot className="shrink-0" tone={OUTCOME_TONE[row.outcome]} label={t(`outcome.${row.outcome}`)} />
      {row.code !== null && !isNarrow && (
        <span className="truncate font-mono text-muted text-xs">{row.code}</span>
      )}
    </span>
  );
  const button = {
    type: 'button' as const,
    'data-seq': row.seq,
    onClick: () => onOpen(row),
  };
  const look = cx(
    'h-full w-full border-line border-b text-left text-sm -outline-offset-2 hover:bg-sunken',
    isOpen && 'bg-accent-soft',
  );
  const ms = (value: number | null) => (value === null ? '–' : format.duration(value));
  if (isNarrow) {
    return (
      <button {...button} className={cx(look, 'flex flex-col justify-center gap-0.5 px-3')}>
        <span className="flex w-full items-baseline gap-3">
          <Cell name={t('column.request')} className="min-w-0 flex-1 truncate">
            {request}
          </Cell>
          <Cell name={t('column.total')} className="font-medium">
            {ms(row.total_ms)}
          </Cell>
        </span>
        <span className="flex w-full items-center gap-3 text-muted">
          <Cell name={t('column.time')}>{format.time(row.ended_at)}</Cell>
          <Cell name={t('column.outcome')} className="min-w-0 flex-1 truncate">
            {outcome}
          </Cell>
          <Cell name={t('column.client')} className="max-w-28 truncate">
            {nameOf(row.client) ?? '–'}
          </Cell>
          <Cell name={t('column.status')}>{row.status}</Cell>
        </span>
      </button>
    );
  }
  return (
    <button {...button} className={cx(look, GRID)}>
      <Cell name={t('column.time')} className="text-muted">
        {format.time(row.ended_at)}
      </Cell>
      <Cell name={t('column.request')} className="truncate" title={row.path}>
        {request}
      </Cell>
      <Cell name={t('column.client')} className="truncate" title={nameOf(row.client)}>
        {nameOf(row.client) ?? '–'}
      </Cell>
      <Cell name={t('column.outcome')} className="truncate" title={row.code ?? undefined}>
        {outcome}
      </Cell>
      <Cell name={t('column.status')}>{row.status}</Cell>
      <Cell name={t('column.cache')} className={row.cache === 'none' ? 'text-muted' : undefined}>
        {row.cache === 'none' ? '–' : t(`cache.${row.cache}`)}
      </Cell>
      <Cell name={t('column.total')} className="text-right font-medium">
        {ms(row.total_ms)}
      </Cell>
      <Cell name={t('column.queue')} className="text-right text-muted">
        {ms(row.queue_ms ?? (splitOf(row).queue || null))}
      </Cell>
      <Cell name={t('column.upstream')} className="text-right text-muted">
        {ms(row.upstream_ms)}
      </Cell>
      <Cell name={t('column.attempts')} className="text-right text-muted">
        {format.number(row.attempts)}
      </Cell>
    </button>
  );
}

interface CellProps {
  readonly name: string;
  readonly className?: string | undefined;
  readonly title?: string | undefined;
  readonly children: ReactNode;
}

function Cell({ name, className, title, children }: CellProps) {
  return (
    <span className={cx('whitespace-nowrap', className)} title={title}>
      <span className="sr-only">{name}: </span>
      {children}
    </span>
  );
}
