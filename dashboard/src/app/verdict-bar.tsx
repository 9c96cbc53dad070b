import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleX, Info, LoaderCircle, type LucideIcon, TriangleAlert } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';
import { useLiveView, useServerNow } from '../live/use-live.ts';
import { type Finding, toneOf, verdictOf } from '../live/verdict.ts';
import { findingText } from '../live/verdict-text.ts';
import { TONE_TEXT, type Tone } from '../ui/tone.ts';

const LOOK: Readonly<Record<Tone, { icon: LucideIcon; box: string }>> = {
  ok: { icon: CircleCheck, box: 'bg-ok-soft' },
  info: { icon: Info, box: 'bg-info-soft' },
  warn: { icon: TriangleAlert, box: 'bg-warn-soft' },
  bad: { icon: CircleX, box: 'bg-bad-soft' },
  neutral: { icon: LoaderCircle, box: 'bg-sunken' },
};

/** One plain sentence about how things stand, on every page. */
export function VerdictBar() {
  const { t } = useTranslation();
  const view = useLiveView();
  const [open, setOpen] = useState(false);
  const listId = useId();
  const { finding, tone, others } = verdictOf(view);
  return (
    <section
      aria-label={t('verdict.label')}
      className={`${LOOK[tone].box} border-line border-t`}
      data-testid="verdict"
      data-tone={tone}
    >
      <div className="flex items-start gap-2 px-3 py-2 lg:px-6">
        <Line finding={finding} />
        {others.length > 0 && (
          <button
            type="button"
            aria-expanded={open}
            aria-controls={listId}
            onClick={() => setOpen(!open)}
            className="shrink-0 rounded px-1.5 py-0.5 text-sm underline underline-offset-2"
          >
            {t('verdict.more', { count: others.length })}
          </button>
        )}
      </div>
      {open && others.length > 0 && (
        <ul id={listId} className="flex flex-col gap-1 px-3 pb-2 lg:px-6">
          {others.map((other) => (
            <li
              key={`${other.kind}${'upstream' in other ? other.upstream : ''}`}
              className="flex items-start gap-2"
            >
              <Line finding={other} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({ finding }: { finding: Finding }) {
  const { t } = useTranslation();
  const format = useFormat();
  const serverNowMs = useServerNow(500);
  const tone = toneOf(finding);
  const Icon = LOOK[tone].icon;
  const upstream = 'upstream' in finding ? finding.upstream : undefined;
  return (
    <>
      <Icon size={18} aria-hidden className={`mt-0.5 shrink-0 ${TONE_TEXT[tone]}`} />
      <p className="min-w-0 flex-1 font-medium">
        <Sentence text={findingText(finding, serverNowMs, t, format)} upstream={upstream} />
      </p>
    </>
  );
}

/** The name of the upstream leads to its page. */
function Sentence({ text, upstream }: { text: string; upstream: string | undefined }) {
  const parts = text.split(/`([^`]*)`/);
  return parts.map((part, index) => {
    if (index % 2 === 0) return part;
    if (part !== upstream) return <code key={part}>{part}</code>;
    return (
      <Link
        key={part}
        to="/upstreams/$name"
        params={{ name: part }}
        className="font-mono underline underline-offset-2"
      >
        {part}
      </Link>
    );
  });
}
