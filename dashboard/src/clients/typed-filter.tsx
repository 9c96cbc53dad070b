import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SearchInput } from '../ui/search-input.tsx';

/** Nobody waits for the letters of a word one by one. */
const TYPED_FOR_MS = 300;

interface TypedFilterProps {
  readonly value: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly mask: (text: string) => string;
  /** Keep it stable. An empty text takes the filter away. */
  readonly onCommit: (value: string) => void;
}

/** A filter that is typed. Tax ids vanish as they are typed: they are hidden, so they find nothing. */
export function TypedFilter({ value, label, placeholder = label, mask, onCommit }: TypedFilterProps) {
  const { t } = useTranslation('requests');
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === value) return;
    const timer = setTimeout(() => onCommit(wanted), TYPED_FOR_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onCommit]);
  return (
    <div className="min-w-0">
      <SearchInput
        value={typed}
        onChange={(next) => setTyped(mask(next))}
        label={label}
        placeholder={placeholder}
        maxLength={300}
        autoComplete="off"
        spellCheck={false}
      />
      {typed.includes('***') && <p className="mt-1 text-muted text-sm">{t('filter.hidden')}</p>}
    </div>
  );
}
