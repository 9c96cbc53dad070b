import type { ReactNode } from 'react';
import { cx } from './class-names.ts';
import { TONE_ICON, TONE_TEXT, type Tone } from './tone.ts';

export interface StatusDotProps {
  tone: Tone;
  label: ReactNode;
  className?: string;
}

/** A state as a small sign and a word; the sign differs in shape too, not in colour only. */
export function StatusDot({ tone, label, className }: StatusDotProps) {
  const Icon = TONE_ICON[tone];
  return (
    <span className={cx('inline-flex items-center gap-1.5', className)}>
      <Icon aria-hidden="true" className={cx('size-4 shrink-0', TONE_TEXT[tone])} />
      <span>{label}</span>
    </span>
  );
}
