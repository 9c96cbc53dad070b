import { useId } from 'react';
import { cx } from './class-names.ts';

export interface SegmentedOption<V extends string> {
  value: V;
  label: string;
  title?: string;
}

export interface SegmentedProps<V extends string> {
  value: V;
  onChange: (value: V) => void;
  options: readonly SegmentedOption<V>[];
  /** The name of the choice, for a screen reader. */
  label: string;
  disabled?: boolean;
  className?: string;
}

/** A choice among a few, all in sight: a group of radio buttons in a row. */
export function Segmented<V extends string>(props: SegmentedProps<V>) {
  const { value, onChange, options, label, disabled, className } = props;
  const name = useId();
  return (
    <fieldset
      disabled={disabled}
      className={cx(
        'inline-flex w-fit max-w-full flex-wrap rounded-md border border-line-strong bg-sunken p-0.5',
        className,
      )}
    >
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          title={option.title}
          className={cx(
            'relative inline-flex min-h-8 items-center rounded px-3 text-muted text-sm',
            'has-checked:bg-accent-soft has-checked:font-medium has-checked:text-text has-checked:shadow-card',
            'has-focus-visible:outline-2 has-focus-visible:outline-accent',
            disabled ? 'cursor-not-allowed opacity-60' : 'cursor-pointer hover:text-text',
          )}
        >
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="absolute inset-0 cursor-[inherit] appearance-none outline-none"
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
