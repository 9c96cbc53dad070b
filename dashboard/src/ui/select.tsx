import { ChevronDown } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';
import { INPUT_STYLE } from './input-style.ts';

export interface SelectOption<V extends string> {
  value: V;
  label: string;
  disabled?: boolean;
}

export interface SelectProps<V extends string>
  extends Omit<ComponentProps<'select'>, 'value' | 'onChange' | 'children' | 'multiple' | 'size'> {
  value: V;
  onChange: (value: V) => void;
  options: readonly SelectOption<V>[];
  /** The name for a screen reader, where no `Field` gives one. */
  label?: string;
}

/** One of many. The browser's own list: it works by keyboard, by voice and by thumb. */
export function Select<V extends string>({ onChange, options, label, className, ...rest }: SelectProps<V>) {
  return (
    <span className={cx('relative inline-flex w-full min-w-0', className)}>
      <select
        {...rest}
        aria-label={label}
        onChange={(event) => onChange(event.target.value as V)}
        className={cx(INPUT_STYLE, 'cursor-pointer appearance-none truncate pr-9')}
      >
        {options.map((option) => (
          <option
            key={option.value}
            value={option.value}
            disabled={option.disabled}
            className="bg-raised text-text"
          >
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 right-3 size-4 -translate-y-1/2 text-muted"
      />
    </span>
  );
}
