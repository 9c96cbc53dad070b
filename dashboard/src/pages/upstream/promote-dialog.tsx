import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WaitingRequest } from '../../api/types.ts';
import { Field } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { FormDialog } from './form-dialog.tsx';
import { URGENCIES } from './lanes.ts';
import { problemAt } from './limits-form.ts';
import { useUrgencyWord } from './queue-lanes.tsx';
import { useUpstreamChange } from './use-upstream-now.ts';

/** Gives one who waits another urgency. */
export function PromoteDialog({
  name,
  row,
  onClose,
}: {
  name: string;
  row: WaitingRequest;
  onClose: () => void;
}) {
  const { t } = useTranslation('upstream');
  const change = useUpstreamChange(name);
  const [urgency, setUrgency] = useState('0');
  const words = { 0: useUrgencyWord(0), 3: useUrgencyWord(3), 7: useUrgencyWord(7) } as Readonly<
    Record<number, string>
  >;
  return (
    <FormDialog
      title={t('promote.title')}
      submitLabel={t('promote.submit')}
      fields={['urgency']}
      submit={() =>
        change(`/queue/${encodeURIComponent(row.id)}/promote`, {
          method: 'POST',
          body: { urgency: Number(urgency) },
        }).then(() => showToast({ tone: 'ok', title: t('promote.done', { urgency }) }))
      }
      onClose={onClose}
    >
      {(errors) => (
        <>
          <p>
            {t('promote.explain', { urgency: row.urgency })}{' '}
            <code className="break-all font-mono">{row.id}</code>
          </p>
          <Field label={t('promote.urgency')} hint={t('promote.hint')} error={problemAt(errors, 'urgency')}>
            <Select
              value={urgency}
              onChange={setUrgency}
              options={URGENCIES.map((one) => ({
                value: String(one),
                label: words[one] === undefined ? String(one) : `${one}: ${words[one]}`,
              }))}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
