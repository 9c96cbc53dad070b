import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, describeError, type FieldProblem } from '../../api/problem.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { allShown } from './limits-form.ts';

interface FormDialogProps {
  readonly title: string;
  readonly submitLabel: string;
  readonly tone?: 'danger';
  readonly size?: 'sm' | 'md';
  /** Fields of the request that show their own complaints. */
  readonly fields: readonly string[];
  /** Undefined: something is missing, and the form says so. */
  readonly submit: () => Promise<unknown> | undefined;
  readonly onClose: () => void;
  readonly children: (errors: readonly FieldProblem[]) => ReactNode;
}

/** A form in a box. Put it into the page when it opens: it begins anew each time. Closes when the server has agreed. */
export function FormDialog(props: FormDialogProps) {
  const { title, submitLabel, tone, size = 'sm', fields, submit, onClose, children } = props;
  const { t, i18n } = useTranslation();
  const { t: tError } = useTranslation('errors');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const form = useId();
  const errors = error === undefined ? [] : describeError(error, tError, i18n.language).errors;
  const isShown = error instanceof ApiError && allShown(error.errors, fields);

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setError(undefined);
    const sent = submit();
    if (sent === undefined) return;
    setBusy(true);
    try {
      await sent;
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };

  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={title}
      size={size}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" form={form} variant={tone === 'danger' ? 'danger' : 'primary'} busy={busy}>
            {submitLabel}
          </Button>
        </>
      }
    >
      <form id={form} noValidate onSubmit={(event) => void onSubmit(event)} className="flex flex-col gap-4">
        {children(errors)}
        {!isShown && <ProblemNotice error={error} />}
      </form>
    </Dialog>
  );
}
