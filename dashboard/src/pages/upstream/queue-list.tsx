import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WaitingRequest } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { useLiveView } from '../../live/use-live.ts';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { VirtualList } from '../../ui/virtual-list.tsx';
import { RowClockProvider } from './countdown.tsx';
import type { Urgency } from './lanes.ts';
import { PromoteDialog } from './promote-dialog.tsx';
import { MOST_ROWS, rowAt } from './queue-pages.ts';
import { QueueRow, QueueRowHead, ROW_HEIGHT } from './queue-row.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { useOnScreen } from './use-on-screen.ts';
import { useQueuePages } from './use-queue-pages.ts';

type Asked = { readonly kind: 'promote' | 'remove'; readonly row: WaitingRequest };

const MOST_HEIGHT = 480;

/** Who waits, the next one first; only what is in sight is asked for and drawn. */
export function QueueList({
  name,
  urgency,
  waiting,
}: {
  name: string;
  urgency: Urgency | undefined;
  waiting: number;
}) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  // Too narrow for a row of a table.
  const isNarrow = useMedia('(max-width: 767px)');
  const [asked, setAsked] = useState<Asked>();
  const { count, pages, error, retry, onRange } = useQueuePages(name, urgency, waiting, useOnScreen(box));
  const rowHeight = isNarrow ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide;
  const { connection } = useLiveView();
  const close = () => setAsked(undefined);
  return (
    <div ref={box} className="flex flex-col gap-2">
      {connection.kind !== 'lost' && <ProblemNotice error={error} onRetry={retry} />}
      <div className="overflow-hidden rounded-md border border-line">
        {!isNarrow && <QueueRowHead />}
        <RowClockProvider>
          <VirtualList
            count={count}
            rowHeight={rowHeight}
            height={Math.min(MOST_HEIGHT, Math.max(1, count) * rowHeight)}
            ariaLabel={t('queue.list')}
            onRange={onRange}
            renderRow={(index) => (
              <QueueRow
                found={rowAt(pages, index)}
                isNarrow={isNarrow}
                onPromote={(row) => setAsked({ kind: 'promote', row })}
                onRemove={(row) => setAsked({ kind: 'remove', row })}
              />
            )}
          />
        </RowClockProvider>
      </div>
      {count === MOST_ROWS && (
        <p className="text-muted text-sm">{t('queue.cut', { most: format.number(MOST_ROWS) })}</p>
      )}
      {asked?.kind === 'promote' && <PromoteDialog name={name} row={asked.row} onClose={close} />}
      {asked?.kind === 'remove' && <RemoveDialog name={name} row={asked.row} onClose={close} />}
    </div>
  );
}
