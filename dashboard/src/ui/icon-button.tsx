import type { LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  icon: LucideIcon;
  /** What the button does: its name for everybody, and its tooltip. */
  label: string;
  size?: 'sm' | 'md';
  tone?: 'neutral' | 'bad';
}

/** A square button with an icon only. */
export function IconButton({
  icon: Icon,
  label,
  size = 'md',
  tone = 'neutral',
  className,
  type = 'button',
  ...rest
}: IconButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      aria-label={label}
      title={label}
      className={cx(
        'inline-flex shrink-0 items-center justify-center rounded-md transition-colors hover:bg-sunken',
        'disabled:cursor-not-allowed disabled:opacity-50 aria-pressed:bg-accent-soft aria-pressed:text-accent',
        size === 'md' ? 'size-10' : 'size-8',
        tone === 'bad' ? 'text-bad' : 'text-muted hover:text-text',
        className,
      )}
    >
      <Icon aria-hidden="true" className={size === 'md' ? 'size-5' : 'size-4'} />
    </button>
  );
}
