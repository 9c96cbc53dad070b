import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';
import { INPUT_STYLE } from './input-style.ts';

export interface NumberInputProps extends Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'type'> {
  value: number | undefined;
  /** `undefined` while the input is empty or no number. */
  onChange: (value: number | undefined) => void;
}

/** A number. */
export function NumberInput({ value, onChange, className, ...rest }: NumberInputProps) {
  return (
    <input
      {...rest}
      type="number"
      inputMode="decimal"
      value={value ?? ''}
      onChange={(event) => {
        const next = event.target.valueAsNumber;
        onChange(Number.isFinite(next) ? next : undefined);
      }}
      // A wheel over a focused number would change it unseen.
      onWheel={(event) => event.currentTarget.blur()}
      className={cx(INPUT_STYLE, 'read-only:bg-sunken', className)}
    />
  );
}
