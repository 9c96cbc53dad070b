import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';
import { INPUT_STYLE } from './input-style.ts';

export interface TextAreaProps extends Omit<ComponentProps<'textarea'>, 'value' | 'onChange'> {
  value: string;
  onChange: (value: string) => void;
}

/** Several lines of text. */
export function TextArea({ onChange, className, rows = 4, ...rest }: TextAreaProps) {
  return (
    <textarea
      {...rest}
      rows={rows}
      onChange={(event) => onChange(event.target.value)}
      className={cx(INPUT_STYLE, 'py-2 read-only:bg-sunken', className)}
    />
  );
}
