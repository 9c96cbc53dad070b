import { ChevronDown, ChevronUp, CircleStop, RotateCw } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct } from '../../api/session.ts';
import { maskNumbers } from '../../clients/tax-id.ts';
import { useFormat } from '../../i18n/format.ts';
import { useCodeText } from '../../i18n/use-code-text.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { CallAnswer, RequestLink } from './call-answer.tsx';
import { type CallEnd, phaseOf } from './call-life.ts';
import { type Call, MOST_UNDER_WAY } from './call-list.ts';
import { CallSteps } from './call-steps.tsx';
import { callList } from './use-calls.ts';

/** One request, from its start to its answer. The newest one shows everything, older ones when asked. */
export function CallCard({ call, newest }: { call: Call; newest: boolean }) {
  const { t } = useTranslation('playground');
  const mayAct = useMayAct();
  const [chosen, setChosen] = useState<boolean | undefined>(undefined);
  const detailsId = useId();
  const { id, method, target, client, priority, curl, life, startedAtMs } = call;
  const { end, requestId, sentAtMs } = life;
  const isOpen = chosen ?? newest;
  const hasDetails = end?.kind === 'answered';
  return (
    <li
      data-testid="call"
      data-phase={phaseOf(life)}
      className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4 shadow-card"
    >
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <h3 className="break-all font-mono font-semibold text-sm">
            {method} {target}
          </h3>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted text-sm">
            {client !== undefined && <span className="break-all">{maskNumbers(client)}</span>}
            <Badge tone={priority === undefined ? 'neutral' : 'info'}>
              {priority === undefined ? t('noPriority') : t('withPriority', { priority })}
            </Badge>
            {requestId !== undefined && <RequestLink requestId={requestId} />}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-1">
          <CopyButton text={curl.real} label={t('copyCurl')} />
          {end !== undefined && (
            <Button
              size="sm"
              variant="quiet"
              icon={RotateCw}
              disabled={!mayAct || callList.underWay >= MOST_UNDER_WAY}
              title={t('sendAgainHint')}
              onClick={() => void callList.again(id)}
            >
              {t('sendAgain')}
            </Button>
          )}
          {end === undefined && (
            <Button size="sm" icon={CircleStop} onClick={() => callList.cancel(id)}>
              {t('cancelCall')}
            </Button>
          )}
          {hasDetails && (
            <Button
              size="sm"
              variant="quiet"
              icon={isOpen ? ChevronUp : ChevronDown}
              aria-expanded={isOpen}
              aria-controls={detailsId}
              onClick={() => setChosen(!isOpen)}
            >
              {t(isOpen ? 'hideAnswer' : 'showAnswer')}
            </Button>
          )}
        </div>
      </div>
      <CallSteps life={life} startedAtMs={startedAtMs} />
      <Announcement end={end} target={target} />
      {end?.kind === 'refused' && <ProblemNotice error={end.error} />}
      {end?.kind === 'failed' && <Failure code={end.code} />}
      <div id={detailsId} hidden={!isOpen || !hasDetails}>
        {isOpen && end?.kind === 'answered' && (
          <CallAnswer answer={end.answer} wasSent={sentAtMs !== undefined} />
        )}
      </div>
    </li>
  );
}

function Failure({ code }: { code: string }) {
  const codeText = useCodeText();
  return (
    <Notice tone="bad" title={code}>
      {codeText(code)}
    </Notice>
  );
}

/** Tells a screen reader how it ended; the countdown before would be noise. */
function Announcement({ end, target }: { end: CallEnd | undefined; target: string }) {
  const { t } = useTranslation('playground');
  const format = useFormat();
  return (
    <p aria-live="polite" className="sr-only">
      {end?.kind === 'answered' &&
        t('announce', { target, status: end.answer.status, time: format.duration(end.answer.at_ms) })}
    </p>
  );
}
