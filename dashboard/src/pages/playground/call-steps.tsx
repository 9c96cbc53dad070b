import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { useTick } from '../../live/use-live.ts';
import { Badge } from '../../ui/badge.tsx';
import { type CallLife, etaLeftMs, phaseOf, type QueuePlace } from './call-life.ts';
import { statusTone } from './status-tone.ts';

/** The life of a request as a line: what was, and where it is now. */
export function CallSteps({ life, startedAtMs }: { life: CallLife; startedAtMs: number }) {
  const { t } = useTranslation('playground');
  const format = useFormat();
  const { firstPosition, place, sentAtMs, upstream = '', end } = life;
  const phase = phaseOf(life);
  const steps: { id: string; content: ReactNode; now?: boolean }[] = [];
  const startedAt = format.time(startedAtMs);
  steps.push({ id: 'start', content: t('step.started', { time: startedAt }), now: phase === 'sending' });
  if (firstPosition !== undefined) {
    steps.push({ id: 'queued', content: t('step.queued', { position: format.number(firstPosition) }) });
  }
  if (phase === 'queued' && place !== undefined) {
    steps.push({ id: 'place', content: <Countdown place={place} />, now: true });
  }
  if (sentAtMs !== undefined) {
    const values = { upstream, time: format.duration(sentAtMs) };
    steps.push({ id: 'sent', content: t('step.sent', values), now: phase === 'sent' });
  }
  if (end?.kind === 'answered') {
    const { status, at_ms: atMs } = end.answer;
    const values = { status, time: format.duration(atMs) };
    steps.push({
      id: 'end',
      content: <Badge tone={statusTone(status)}>{t('step.answered', values)}</Badge>,
    });
  } else if (end?.kind === 'failed') {
    const text = t('step.failed', { time: format.duration(end.atMs) });
    steps.push({ id: 'end', content: <Badge tone="bad">{text}</Badge> });
  } else if (end !== undefined) {
    const text = t(end.kind === 'cancelled' ? 'step.cancelled' : 'step.refused');
    steps.push({
      id: 'end',
      content: <Badge tone={end.kind === 'cancelled' ? 'neutral' : 'bad'}>{text}</Badge>,
    });
  }
  return (
    <ol className="flex flex-wrap items-center gap-x-1 gap-y-1 text-sm">
      {steps.map(({ id, content, now }, index) => (
        <li
          key={id}
          aria-current={now === true ? 'step' : undefined}
          className="flex items-center gap-1 aria-[current=step]:font-semibold"
        >
          {index > 0 && <ChevronRight aria-hidden="true" className="size-4 shrink-0 text-muted" />}
          {content}
        </li>
      ))}
    </ol>
  );
}

/** Ticks down between two events, each of which corrects it. */
function Countdown({ place }: { place: QueuePlace }) {
  const { t } = useTranslation('playground');
  const format = useFormat();
  const leftMs = etaLeftMs(place, useTick(250));
  const position = format.number(place.position);
  const next = place.position === 0;
  return (
    <span className="live-number">
      {leftMs === undefined
        ? t('step.waiting', { position })
        : t(next ? 'step.next' : 'step.eta', {
            position,
            time: format.duration(Math.ceil(leftMs / 1_000) * 1_000),
          })}
    </span>
  );
}
