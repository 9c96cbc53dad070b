import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { ProblemNotice } from './problem-notice.tsx';
import { TextInput } from './text-input.tsx';
import { useErrorToast } from './use-error-toast.ts';

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  /** The blast radius: what will happen, in numbers. */
  children: ReactNode;
  confirmLabel: string;
  tone?: 'danger';
  /** A word that has to be typed first. */
  typeToConfirm?: string;
  onConfirm: () => Promise<unknown>;
}

/** Asks before something happens; closes when it has, and says why when it has not. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onOpenChange, title, children, confirmLabel, tone, typeToConfirm, onConfirm } = props;
  const { t } = useTranslation('common');
  const tellError = useErrorToast();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const first = useRef<HTMLElement | null>(null);
  // Counts the openings: what an earlier one started must not close a later one.
  const opening = useRef(0);
  const [wasOpen, setWasOpen] = useState(open);
  if (open !== wasOpen) {
    setWasOpen(open);
    if (open) {
      setTyped('');
      setBusy(false);
      setError(undefined);
    }
  }
  useEffect(() => {
    if (!open) return;
    return () => {
      opening.current += 1;
    };
  }, [open]);

  const confirm = async () => {
    const mine = opening.current;
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      if (mine === opening.current) onOpenChange(false);
    } catch (failure) {
      if (mine === opening.current) {
        setError(failure);
        return;
      }
      // Closed in the meantime: the failure is told all the same.
      tellError(failure);
    } finally {
      if (mine === opening.current) setBusy(false);
    }
  };

  const allowed = typeToConfirm === undefined || typed.trim() === typeToConfirm;
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      size="sm"
      initialFocus={first}
      footer={
        <>
          <Button
            ref={(element) => {
              if (typeToConfirm === undefined) first.current = element;
            }}
            onClick={() => onOpenChange(false)}
          >
            {t('cancel')}
          </Button>
          <Button
            variant={tone === 'danger' ? 'danger' : 'primary'}
            busy={busy}
            disabled={!allowed}
            onClick={() => void confirm()}
          >
            {confirmLabel}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {children}
        {typeToConfirm !== undefined && (
          <Field label={t('typeToConfirm', { word: typeToConfirm })}>
            <TextInput
              ref={(element) => {
                first.current = element;
              }}
              value={typed}
              onChange={setTyped}
              autoComplete="off"
              spellCheck={false}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && allowed && !busy) void confirm();
              }}
            />
          </Field>
        )}
        <ProblemNotice error={error} />
      </div>
    </Dialog>
  );
}
