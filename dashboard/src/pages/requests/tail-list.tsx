import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequestRecord } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StatusDot } from '../../ui/status-dot.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { VirtualList } from '../../ui/virtual-list.tsx';
import { EmptyTail } from './empty-tail.tsx';
import { MOST_ROWS, type Tail } from './tail.ts';
import type { TailFilters } from './tail-filters.ts';
import { ROW_HEIGHT, TailHead, TailRow } from './tail-row.tsx';
import { useHeldTail, useTail } from './use-tail.ts';

/** What the window has left; a short list takes only what it needs. */
const MOST_HEIGHT = 'max(20rem, 100dvh - 27rem)';

interface TailListProps {
  readonly filters: TailFilters;
  readonly boot: string | undefined;
  readonly paused: boolean;
  /** The request whose drawer is open. */
  readonly openSeq: number | undefined;
  readonly onOpen: (row: RequestRecord) => void;
}

/** The last requests, newest first. It stands still while it is paused, pointed at or read by keyboard. */
export function TailList({ filters, boot, paused, openSeq, onOpen }: TailListProps) {
  const { t } = useTranslation('requests');
  // Too narrow for ten columns beside the menu.
  const isNarrow = useMedia('(max-width: 1199px)');
  const { data, error, refetch } = useTail(filters, boot);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const reading = pointed || focused || openSeq !== undefined;
  const { shown, waiting, show } = useHeldTail(data, paused || reading);
  const rows = shown?.rows ?? [];
  const rowHeight = isNarrow ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide;
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {shown === undefined ? (
        error === null && <Skeleton lines={8} />
      ) : rows.length === 0 ? (
        <EmptyTail filters={filters} waiting={waiting} onShow={show} />
      ) : (
        <>
          <TailState
            tail={shown}
            state={paused ? 'paused' : reading ? 'reading' : 'live'}
            waiting={waiting}
            onShow={show}
          />
          <GapNotice tail={shown} />
          {/* biome-ignore lint/a11y/noStaticElementInteractions: pointing at the list only keeps it from moving */}
          <div
            className="min-w-0 overflow-hidden rounded-md border border-line"
            onPointerMove={({ pointerType }) => setPointed(pointerType === 'mouse')}
            onPointerLeave={() => setPointed(false)}
            onFocus={({ target }) => setFocused(target.matches(':focus-visible'))}
            onBlur={() => setFocused(false)}
          >
            {!isNarrow && <TailHead />}
            <VirtualList
              count={rows.length}
              rowHeight={rowHeight}
              height={`min(${rows.length * rowHeight}px, ${MOST_HEIGHT})`}
              ariaLabel={t('list')}
              renderRow={(index) => {
                const row = rows[index];
                return row === undefined ? null : (
                  <TailRow row={row} isNarrow={isNarrow} isOpen={row.seq === openSeq} onOpen={onOpen} />
                );
              }}
            />
          </div>
        </>
      )}
    </div>
  );
}

interface TailStateProps {
  readonly tail: Tail;
  readonly state: 'live' | 'paused' | 'reading';
  readonly waiting: number;
  readonly onShow: () => void;
}

function TailState({ tail: { rows }, state, waiting, onShow }: TailStateProps) {
  const { t } = useTranslation('requests');
  const format = useFormat();
  const shown = format.number(rows.length);
  return (
    <div className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <StatusDot
        tone={state === 'live' ? 'ok' : state === 'paused' ? 'warn' : 'info'}
        label={t(`state.${state}`)}
      />
      {waiting > 0 && (
        <Button size="sm" onClick={onShow}>
          {t('showNew', { count: waiting, shown: format.number(waiting) })}
        </Button>
      )}
      <span className="ml-auto text-muted">
        {rows.length >= MOST_ROWS ? t('shownMost', { shown }) : t('shown', { count: rows.length, shown })}
      </span>
    </div>
  );
}

/** What the page did not get to see is said, not passed over. */
function GapNotice({ tail: { missed, omitted } }: { tail: Tail }) {
  const { t } = useTranslation('requests');
  const format = useFormat();
  if (missed + omitted === 0) return null;
  return (
    <Notice tone="info">
      {omitted > 0 && <p>{t('gap.omitted', { count: omitted, shown: format.number(omitted) })}</p>}
      {missed > 0 && <p>{t('gap.missed', { count: missed, shown: format.number(missed) })}</p>}
    </Notice>
  );
}
