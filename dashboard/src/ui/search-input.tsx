import { Search, X } from 'lucide-react';
import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from './class-names.ts';
import { IconButton } from './icon-button.tsx';
import { INPUT_STYLE } from './input-style.ts';

export interface SearchInputProps extends Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'type'> {
  value: string;
  onChange: (value: string) => void;
  /** The name for a screen reader, and the placeholder when none is given. */
  label: string;
}

/** A text to look for, with a button that empties it. */
export function SearchInput({ value, onChange, label, placeholder, className, ...rest }: SearchInputProps) {
  const { t } = useTranslation('common');
  return (
    <span className={cx('relative inline-flex w-full min-w-0', className)}>
      <Search
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted"
      />
      <input
        {...rest}
        type="search"
        aria-label={label}
        placeholder={placeholder ?? label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={cx(INPUT_STYLE, 'pr-10 pl-9 [&::-webkit-search-cancel-button]:hidden')}
      />
      {value !== '' && (
        <IconButton
          icon={X}
          label={t('clear')}
          size="sm"
          onClick={() => onChange('')}
          className="absolute top-1 right-1"
        />
      )}
    </span>
  );
}
