import { CirclePause, Play } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct } from '../../api/session.ts';
import type { UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { translateMessage } from '../../i18n/server-messages.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { Countdown } from './countdown.tsx';
import { PauseDialog } from './pause-dialog.tsx';
import { useUpstreamChange } from './use-upstream-now.ts';

/** Opens the form of a pause. */
export function PauseButton({ status }: { status: UpstreamStatus }) {
  const { t } = useTranslation('upstream');
  const { t: tCommon } = useTranslation();
  const mayAct = useMayAct();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        icon={CirclePause}
        disabled={!mayAct}
        title={mayAct ? undefined : tCommon('viewerOnly')}
        onClick={() => setOpen(true)}
      >
        {t(status.pause === null ? 'pause.open' : 'pause.longer')}
      </Button>
      {open && <PauseDialog status={status} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Says that and why nothing goes out, for how long still, and ends it. Nothing while there is no pause. */
export function PauseNotice({ status }: { status: UpstreamStatus }) {
  const { t, i18n } = useTranslation('upstream');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const mayAct = useMayAct();
  const change = useUpstreamChange(status.name);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { pause, waiting, name } = status;
  if (pause === null) return null;

  const resume = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await change('', { method: 'PATCH', body: { pause: null } });
      showToast({ tone: 'ok', title: t('pause.resumed', { name }) });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <Notice
        tone="warn"
        title={
          pause.until === null ? (
            t('pause.isEndless')
          ) : (
            <>
              {t('pause.isUntil')} <Countdown until={pause.until} />
            </>
          )
        }
        action={
          <Button
            icon={Play}
            size="sm"
            busy={busy}
            disabled={!mayAct}
            title={mayAct ? undefined : tCommon('viewerOnly')}
            onClick={() => void resume()}
          >
            {t('pause.resume')}
          </Button>
        }
      >
        {t('pause.because', { reason: translateMessage(pause.reason, i18n.language) })}{' '}
        {waiting > 0 && t('pause.waiting', { count: waiting, shown: format.number(waiting) })}
      </Notice>
      <ProblemNotice error={error} onRetry={() => void resume()} />
    </>
  );
}
