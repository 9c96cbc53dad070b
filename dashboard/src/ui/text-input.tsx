import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';
import { INPUT_STYLE } from './input-style.ts';

export interface TextInputProps extends Omit<ComponentProps<'input'>, 'value' | 'onChange'> {
  value: string;
  onChange: (value: string) => void;
}

/** One line of text. */
export function TextInput({ onChange, className, type = 'text', ...rest }: TextInputProps) {
  return (
    <input
      {...rest}
      type={type}
      onChange={(event) => onChange(event.target.value)}
      className={cx(INPUT_STYLE, 'read-only:bg-sunken', className)}
    />
  );
}
