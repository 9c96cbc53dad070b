import type { ReactNode } from 'react';
import { cx } from '../ui/class-names.ts';

export interface StackPart {
  label: string;
  value: number;
  /** The name of a colour of the theme, such as `--chart-upstream`. */
  color: string;
}

export interface StackBarProps {
  parts: readonly StackPart[];
  /** What the whole width stands for; the sum of the parts when nothing is said or it is less than that. */
  total?: number;
  format: (value: number) => ReactNode;
  /** The name of the bar, for a screen reader. */
  label?: string;
  className?: string;
}

/** Parts of a whole in one bar. The legend below says the same in words, so the bar itself is only for the eye. */
export function StackBar({ parts, total, format, label, className }: StackBarProps) {
  const sum = parts.reduce((all, part) => all + Math.max(0, part.value), 0);
  const whole = Math.max(total ?? 0, sum);
  return (
    <div className={cx('min-w-0', className)}>
      <div aria-hidden="true" className="flex h-4 w-full gap-px overflow-hidden rounded bg-sunken">
        {whole > 0 &&
          parts.map((part) => (
            <div
              key={part.label}
              title={part.label}
              style={{
                width: `${(Math.max(0, part.value) / whole) * 100}%`,
                backgroundColor: `var(${part.color})`,
              }}
            />
          ))}
      </div>
      <ul aria-label={label} className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {parts.map((part) => (
          <li key={part.label} className="inline-flex items-center gap-1.5">
            <span
              aria-hidden="true"
              className="size-3 shrink-0 rounded-sm"
              style={{ backgroundColor: `var(${part.color})` }}
            />
            <span className="text-muted">{part.label}</span>
            <span className="live-number">{format(part.value)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
