import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UpstreamDetail } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { Field } from '../../ui/field.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { NumberInput } from '../../ui/number-input.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { FormDialog } from './form-dialog.tsx';
import { changeOf, formOf, type LimitLine, MOST_LIMITS, problemAt } from './limits-form.ts';
import { useUpstreamChange } from './use-upstream-now.ts';

interface LimitsDialogProps {
  readonly detail: UpstreamDetail;
  readonly waiting: number;
  readonly onClose: () => void;
}

/** Changes limits and concurrency. The server checks; what it says stands at its field. */
export function LimitsDialog({ detail, waiting, onClose }: LimitsDialogProps) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  const change = useUpstreamChange(detail.name);
  const [form, setForm] = useState(() => formOf(detail.settings));
  const { lines, concurrency } = form;
  const setLine = (line: LimitLine) =>
    setForm({ ...form, lines: lines.map((one) => (one.id === line.id ? line : one)) });
  const add = () => {
    const id = Math.max(-1, ...lines.map((line) => line.id)) + 1;
    setForm({ ...form, lines: [...lines, { id, rate: '', even: false }] });
  };

  return (
    <FormDialog
      title={t('limits.dialogTitle', { name: detail.name })}
      submitLabel={t('limits.submit')}
      size="md"
      fields={['concurrency', ...lines.map((_, index) => `limits[${index}]`)]}
      submit={() =>
        change('', { method: 'PATCH', body: changeOf(form) }).then(() =>
          showToast({ tone: 'ok', title: t('limits.done', { name: detail.name }) }),
        )
      }
      onClose={onClose}
    >
      {(errors) => (
        <>
          <Notice tone="info">
            {t('limits.lasts')}{' '}
            {waiting > 0 && t('limits.waiting', { count: waiting, shown: format.number(waiting) })}
          </Notice>
          {lines.length === 0 && <Notice tone="warn">{t('limits.empty')}</Notice>}
          {lines.map((line, index) => (
            <div key={line.id} className="flex flex-wrap items-start gap-x-3 gap-y-1">
              <Field
                className="flex-1 basis-48"
                label={t('limits.line', { number: index + 1 })}
                error={problemAt(errors, `limits[${index}]`)}
              >
                <TextInput
                  value={line.rate}
                  onChange={(rate) => setLine({ ...line, rate })}
                  placeholder="1 per 1s"
                  autoComplete="off"
                  spellCheck={false}
                  className="font-mono"
                />
              </Field>
              <div className="flex items-center gap-2 sm:mt-6">
                <Checkbox
                  checked={line.even}
                  onChange={(even) => setLine({ ...line, even })}
                  label={t('limits.even')}
                  className="min-h-10"
                />
                <IconButton
                  icon={Trash2}
                  tone="bad"
                  label={t('limits.remove', { number: index + 1 })}
                  onClick={() => setForm({ ...form, lines: lines.filter(({ id }) => id !== line.id) })}
                />
              </div>
            </div>
          ))}
          <p className="text-muted text-sm">{t('limits.hint')}</p>
          <div>
            <Button size="sm" icon={Plus} disabled={lines.length >= MOST_LIMITS} onClick={add}>
              {t('limits.add')}
            </Button>
          </div>
          <Field
            label={t('limits.concurrency')}
            hint={t('limits.concurrencyHint')}
            error={problemAt(errors, 'concurrency')}
          >
            <NumberInput
              value={concurrency}
              onChange={(next) => setForm({ ...form, concurrency: next })}
              min={1}
              max={100_000}
              step={1}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
