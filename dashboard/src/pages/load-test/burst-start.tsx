import { Play } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct, useSession } from '../../api/session.ts';
import type { Burst, BurstForecast } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { BurstLink } from './burst-link.tsx';

export interface BurstStartProps {
  /** Undefined while nobody knows whether it can be. */
  forecast: BurstForecast | undefined;
  confirm: string;
  onConfirm: (typed: string) => void;
  confirmError: string | undefined;
  /** Another one that has not ended. */
  running: Burst | undefined;
  busy: boolean;
  onStart: () => void;
}

/** The button, and what stands between it and a start. */
export function BurstStart(props: BurstStartProps) {
  const { forecast, confirm, onConfirm, confirmError, running, busy, onStart } = props;
  const { t } = useTranslation('loadTest');
  const { t: tCommon } = useTranslation();
  const session = useSession();
  const mayAct = useMayAct();
  const reasonId = useId();
  const isReal = forecast !== undefined && !forecast.sandbox;
  const isConfirmed = !isReal || confirm.trim() === forecast.upstream;
  return (
    <div className="flex flex-col gap-3">
      {isReal && (
        <Notice tone="warn" title={t('real.title', { upstream: forecast.upstream })}>
          <p className="mb-2">{t('real.text')}</p>
          <Field label={tCommon('typeToConfirm', { word: forecast.upstream })} error={confirmError}>
            <TextInput value={confirm} onChange={onConfirm} autoComplete="off" spellCheck={false} />
          </Field>
        </Notice>
      )}
      {running !== undefined && (
        <Notice tone="info" title={t('otherRuns')}>
          <p id={reasonId}>
            <BurstLink id={running.id}>{t('seeIt', { id: running.id })}</BurstLink>
          </p>
        </Notice>
      )}
      {session !== undefined && !mayAct && (
        <Notice tone="info">
          <p id={reasonId}>{tCommon('viewerOnly')}</p>
        </Notice>
      )}
      <Button
        variant="primary"
        icon={Play}
        busy={busy}
        disabled={forecast === undefined || !isConfirmed || !mayAct || running !== undefined}
        aria-describedby={!mayAct || running !== undefined ? reasonId : undefined}
        onClick={onStart}
      >
        {t('start')}
      </Button>
    </div>
  );
}
