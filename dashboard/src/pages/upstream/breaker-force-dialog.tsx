import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { type DurationChoice, durationOf } from './duration-choice.ts';
import { DurationPicker } from './duration-picker.tsx';
import { FormDialog } from './form-dialog.tsx';
import { problemAt } from './limits-form.ts';
import { useHolders, useHoldersText } from './use-holders.ts';
import { useUpstreamChange } from './use-upstream-now.ts';

export type Force = 'open' | 'closed' | 'reset';

/** Says whom it would hit, and asks for how long. */
export function BreakerForceDialog({
  force,
  name,
  onClose,
}: {
  force: Force;
  name: string;
  onClose: () => void;
}) {
  const { t } = useTranslation('upstream');
  const change = useUpstreamChange(name);
  const [duration, setDuration] = useState<DurationChoice>({ kind: 'offered', text: '1m' });
  const [isAsked, setIsAsked] = useState(false);

  const submit = () => {
    setIsAsked(true);
    const answer = durationOf(duration);
    if (force !== 'reset' && answer.kind === 'problem') return undefined;
    const length = force === 'reset' || answer.kind === 'problem' ? {} : { for: answer.text };
    return change('/breaker', { method: 'POST', body: { state: force, ...length } }).then(() =>
      showToast({ tone: force === 'reset' ? 'ok' : 'warn', title: t(`force.${force}.done`, { name }) }),
    );
  };

  return (
    <FormDialog
      title={t(`force.${force}.title`, { name })}
      submitLabel={t(`force.${force}.submit`)}
      fields={['for']}
      submit={submit}
      onClose={onClose}
      {...(force === 'open' ? { tone: 'danger' as const } : {})}
    >
      {(errors) => (
        <>
          <Radius force={force} name={name} />
          {force !== 'reset' && (
            <DurationPicker
              label={t('force.howLong')}
              value={duration}
              onChange={setDuration}
              isAsked={isAsked}
              problem={problemAt(errors, 'for')}
            />
          )}
        </>
      )}
    </FormDialog>
  );
}

function Radius({ force, name }: { force: Force; name: string }) {
  const { t } = useTranslation('upstream');
  const { data, error, refetch } = useHolders(name);
  const text = useHoldersText();
  return (
    <div className="flex flex-col gap-2" data-testid="blast-radius">
      {data === undefined && error === null && <Skeleton />}
      {data !== undefined && (
        <p className="font-medium">
          {data.requests === 0 ? t('force.nobody') : t(`force.${force}.radius`, { holders: text(data) })}
        </p>
      )}
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      <p>{t(`force.${force}.explain`)}</p>
    </div>
  );
}
