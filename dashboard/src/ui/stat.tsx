import type { ReactNode } from 'react';
import { cx } from './class-names.ts';
import { withCodes } from './code-text.tsx';
import { Sparkline } from './sparkline.tsx';
import { TONE_BORDER, TONE_TEXT, type Tone } from './tone.ts';

export interface StatProps {
  label: string;
  value: ReactNode;
  unit?: ReactNode;
  tone?: Tone;
  hint?: ReactNode;
  /** The last values, oldest first. */
  spark?: readonly (number | null)[];
  sparkTone?: Tone | 'accent';
  children?: ReactNode;
  className?: string;
}

/** A tile with one live number and how it came there. */
export function Stat(props: StatProps) {
  const { label, value, unit, tone, hint, spark, sparkTone = 'accent', children, className } = props;
  return (
    <div
      className={cx(
        'flex min-w-0 flex-col gap-1 rounded-lg border bg-surface p-3 shadow-card',
        TONE_BORDER[tone ?? 'neutral'],
        className,
      )}
    >
      <p className="line-clamp-2 text-muted text-sm" title={label}>
        {label}
      </p>
      <p
        className={cx(
          'flex flex-wrap items-baseline gap-x-1',
          tone !== undefined && tone !== 'neutral' && TONE_TEXT[tone],
        )}
      >
        <span className="live-number font-semibold text-2xl leading-tight">{value}</span>
        {unit !== undefined && <span className="text-muted text-sm">{unit}</span>}
      </p>
      {hint !== undefined && <p className="text-muted text-xs">{withCodes(hint)}</p>}
      {children}
      {spark !== undefined && (
        <div className="live-number mt-auto pt-1">
          <Sparkline values={spark} tone={sparkTone} label={label} height={28} />
        </div>
      )}
    </div>
  );
}
