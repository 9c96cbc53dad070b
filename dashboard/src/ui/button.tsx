import { LoaderCircle, type LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger';

const VARIANT: Readonly<Record<ButtonVariant, string>> = {
  primary: 'border-transparent bg-accent text-accent-text hover:opacity-90',
  secondary: 'border-line-strong bg-surface text-text hover:bg-sunken',
  quiet: 'border-transparent bg-transparent text-text hover:bg-sunken',
  // The text of the accent reads on `bad` too: white on dark red, near-black on light red.
  danger: 'border-transparent bg-bad text-accent-text hover:opacity-90',
};

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: ButtonVariant;
  /** `md` is 40 px high, `sm` 32 px. */
  size?: 'sm' | 'md';
  icon?: LucideIcon;
  /** Shows that the action is under way; the button keeps its focus but does nothing. */
  busy?: boolean;
}

/** A button with a text. */
export function Button({
  variant = 'secondary',
  size = 'md',
  icon: Icon,
  busy = false,
  className,
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  const shownIcon = busy ? (
    <LoaderCircle aria-hidden="true" className="size-4 shrink-0 animate-spin" />
  ) : Icon === undefined ? null : (
    <Icon aria-hidden="true" className="size-4 shrink-0" />
  );
  return (
    <button
      {...rest}
      type={busy && type === 'submit' ? 'button' : type}
      aria-busy={busy || undefined}
      aria-disabled={busy || rest['aria-disabled']}
      onClick={busy ? undefined : onClick}
      className={cx(
        'inline-flex items-center justify-center gap-2 rounded-md border font-medium transition-colors',
        'disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:cursor-default',
        size === 'md' ? 'min-h-10 px-4 py-1.5' : 'min-h-8 px-3 py-1 text-sm',
        VARIANT[variant],
        className,
      )}
    >
      {shownIcon}
      {children}
    </button>
  );
}
