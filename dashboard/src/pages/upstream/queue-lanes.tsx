import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { cx } from '../../ui/class-names.ts';
import { type Lane, lanesOf, type Urgency } from './lanes.ts';

interface QueueLanesProps {
  readonly waitingByUrgency: readonly number[];
  readonly chosen: Urgency | undefined;
  readonly onChoose: (urgency: Urgency | undefined) => void;
}

/** Eight lanes, the most urgent on top. A lane is a button: it shows only who waits in it, or all again. */
export function QueueLanes({ waitingByUrgency, chosen, onChoose }: QueueLanesProps) {
  const { t } = useTranslation('upstream');
  return (
    <div className="min-w-0">
      <h3 className="mb-2 flex min-h-8 items-center font-semibold text-sm">{t('lanes.title')}</h3>
      <ul className="flex flex-col gap-0.5">
        {lanesOf(waitingByUrgency).map((lane) => (
          <li key={lane.urgency}>
            <LaneButton
              lane={lane}
              isChosen={chosen === lane.urgency}
              onClick={() => onChoose(chosen === lane.urgency ? undefined : lane.urgency)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

function LaneButton({ lane, isChosen, onClick }: { lane: Lane; isChosen: boolean; onClick: () => void }) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  const { urgency, waiting, share } = lane;
  const shown = format.number(waiting);
  const word = useUrgencyWord(urgency);
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onClick}
      data-testid={`lane-${urgency}`}
      className={cx(
        'grid w-full grid-cols-[8rem_minmax(0,1fr)_4rem] items-center gap-2 rounded-md border px-2 py-1 text-left text-sm hover:bg-sunken',
        isChosen ? 'border-accent bg-accent-soft' : 'border-transparent',
      )}
    >
      <span className="truncate">
        <span className="sr-only">{t('row.urgency')} </span>
        <strong>{urgency}</strong> <span className="text-muted">{word}</span>
      </span>
      <span className="h-3 overflow-hidden rounded-sm bg-sunken">
        <span className="live-number block h-full bg-chart-queue" style={{ width: `${share * 100}%` }} />
      </span>
      <span className={cx('live-number text-right', waiting === 0 && 'text-muted')}>
        {shown}
        <span className="sr-only"> {t('queue.waiting')}</span>
      </span>
    </button>
  );
}

/** What is said of an urgency beside its number. */
export function useUrgencyWord(urgency: number): string {
  const { t } = useTranslation('upstream');
  if (urgency === 0) return t('lanes.most');
  if (urgency === 3) return t('lanes.usual');
  return urgency === 7 ? t('lanes.least') : '';
}
