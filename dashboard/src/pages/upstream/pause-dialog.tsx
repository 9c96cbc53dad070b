import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Field } from '../../ui/field.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { type DurationChoice, durationOf } from './duration-choice.ts';
import { DurationPicker } from './duration-picker.tsx';
import { FormDialog } from './form-dialog.tsx';
import { problemAt } from './limits-form.ts';
import { useUpstreamChange } from './use-upstream-now.ts';

/** As long as the server takes. */
const MOST_REASON = 200;

/** Asks why, and for how long. */
export function PauseDialog({ status, onClose }: { status: UpstreamStatus; onClose: () => void }) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  const change = useUpstreamChange(status.name);
  const [reason, setReason] = useState('');
  const [duration, setDuration] = useState<DurationChoice>({ kind: 'endless' });
  const [isAsked, setIsAsked] = useState(false);

  const submit = () => {
    setIsAsked(true);
    const answer = durationOf(duration);
    if (reason.trim() === '' || answer.kind === 'problem') return undefined;
    const length = answer.text === undefined ? {} : { for: answer.text };
    return change('', { method: 'PATCH', body: { pause: { reason: reason.trim(), ...length } } }).then(() =>
      showToast({ tone: 'warn', title: t('pause.done', { name: status.name }) }),
    );
  };

  return (
    <FormDialog
      title={t('pause.title', { name: status.name })}
      submitLabel={t('pause.submit')}
      fields={['pause.reason', 'pause.for']}
      submit={submit}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <p>
            {status.waiting === 0
              ? t('pause.nobody')
              : t('pause.radius', { count: status.waiting, shown: format.number(status.waiting) })}{' '}
            {t(duration.kind === 'endless' ? 'pause.newEndless' : 'pause.newUntil')}
          </p>
          <Field
            label={t('pause.reason')}
            hint={t('pause.reasonHint')}
            error={
              isAsked && reason.trim() === '' ? t('pause.reasonMissing') : problemAt(errors, 'pause.reason')
            }
          >
            <TextInput
              value={reason}
              onChange={setReason}
              maxLength={MOST_REASON}
              autoComplete="off"
              required
            />
          </Field>
          <DurationPicker
            label={t('pause.howLong')}
            endless={t('pause.endless')}
            value={duration}
            onChange={setDuration}
            isAsked={isAsked}
            problem={problemAt(errors, 'pause.for')}
          />
        </>
      )}
    </FormDialog>
  );
}
