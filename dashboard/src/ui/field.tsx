import { CircleAlert } from 'lucide-react';
import { cloneElement, type ReactElement, type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';
import { withCodes } from './code-text.tsx';

/** What ties an input to its label, its hint and its error. */
export interface FieldInputProps {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

export interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  /** One input, or a function that is given its `id` and `aria-*`. */
  children: ReactElement<Partial<FieldInputProps>> | ((input: FieldInputProps) => ReactNode);
  className?: string;
}

/** An input with its label above it, a hint and an error below it. */
export function Field({ label, hint, error, children, className }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const hasError = error !== undefined && error !== null && error !== '' && error !== false;
  const described = [hint !== undefined && hintId, hasError && errorId].filter(Boolean).join(' ');
  const input: FieldInputProps = {
    id,
    'aria-describedby': described === '' ? undefined : described,
    'aria-invalid': hasError ? true : undefined,
  };
  return (
    <div className={cx('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="font-medium text-sm">
        {label}
      </label>
      {typeof children === 'function' ? children(input) : cloneElement(children, input)}
      {hint !== undefined && (
        <p id={hintId} className="text-muted text-sm">
          {withCodes(hint)}
        </p>
      )}
      {hasError && (
        <p id={errorId} role="alert" className="flex items-start gap-1.5 text-bad text-sm">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 break-words">{withCodes(error)}</span>
        </p>
      )}
    </div>
  );
}
