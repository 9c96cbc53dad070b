import {
  CircleCheck,
  CirclePause,
  CirclePlay,
  Database,
  type LucideIcon,
  Network,
  Power,
  RefreshCw,
  Timer,
  UserRound,
  Zap,
  ZapOff,
} from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { TimelineEntry } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { cx } from '../../ui/class-names.ts';
import { CodeText } from '../../ui/code-text.tsx';
import { TONE_TEXT, type Tone } from '../../ui/tone.ts';
import { lineOf } from './timeline-line.ts';
import { timelineText } from './timeline-text.ts';
import { UpstreamLink } from './upstream-table.tsx';

/** What happened, newest first: what an on-call engineer would otherwise gather from four logs. */
export function TimelineCard({ entries }: { entries: readonly TimelineEntry[] }) {
  const { t } = useTranslation('overview');
  return (
    <Card title={t('timeline.title')} className="flex min-h-0 flex-1 flex-col">
      {entries.length === 0 ? (
        <p className="text-muted">{t('timeline.empty')}</p>
      ) : (
        <section
          aria-label={t('timeline.list')}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
          tabIndex={0}
          className="-mx-2 relative max-h-80 min-h-0 flex-1 overflow-y-auto px-2 -outline-offset-2 lg:max-h-none lg:basis-40"
        >
          <ol className="flex flex-col divide-y divide-line lg:absolute lg:inset-x-2">
            {entries.map((entry) => (
              <Line key={entry.id} entry={entry} />
            ))}
          </ol>
        </section>
      )}
    </Card>
  );
}

const ICONS: Readonly<Record<Exclude<TimelineEntry['kind'], 'breaker'>, LucideIcon>> = {
  started: Power,
  provider_pause: CirclePause,
  paused: CirclePause,
  resumed: CirclePlay,
  operator: UserRound,
  reload: RefreshCw,
  burst: Timer,
  ledger: Database,
  state: Network,
};

/** A breaker that opens, tries and closes looks different each time, not only in colour. */
function iconOf(kind: TimelineEntry['kind'], tone: Tone): LucideIcon {
  if (kind !== 'breaker') return ICONS[kind];
  return tone === 'bad' ? ZapOff : tone === 'ok' ? CircleCheck : Zap;
}

function Line({ entry }: { entry: TimelineEntry }) {
  const { t } = useTranslation('overview');
  const format = useFormat();
  const { sentence, tone } = lineOf(entry);
  const Icon = iconOf(entry.kind, tone);
  return (
    <li className="flex gap-2 py-2 text-sm">
      <Icon aria-hidden="true" className={cx('mt-0.5 size-4 shrink-0', TONE_TEXT[tone])} />
      <p className="min-w-0 flex-1 break-words">
        {entry.upstream !== null && (
          <>
            <UpstreamLink name={entry.upstream} />{' '}
          </>
        )}
        <CodeText text={timelineText(sentence, t, format)} />
        {entry.times > 1 && (
          <span className="ml-1 rounded-full bg-sunken px-1.5 font-medium text-xs">
            ×{format.number(entry.times)}
          </span>
        )}
      </p>
      <time
        dateTime={entry.at}
        title={format.dateTime(entry.at)}
        className="shrink-0 text-muted text-xs leading-5"
      >
        {format.time(entry.at)}
      </time>
    </li>
  );
}
