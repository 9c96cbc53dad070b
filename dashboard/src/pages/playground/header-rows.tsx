import { Plus, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import type { HeaderRow } from './request-form.ts';

/** As many as the API takes. */
const MOST_HEADERS = 32;

/** Further request headers, as many as one likes. */
export function HeaderRows({
  rows,
  onChange,
}: {
  rows: readonly HeaderRow[];
  onChange: (rows: readonly HeaderRow[]) => void;
}) {
  const { t } = useTranslation('playground');
  const change = (id: number, part: Partial<HeaderRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const add = () => {
    const id = Math.max(0, ...rows.map((row) => row.id)) + 1;
    onChange([...rows, { id, name: '', value: '' }]);
  };
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 font-medium text-sm">{t('headers')}</legend>
      {rows.map((row, index) => (
        <div key={row.id} className="flex items-center gap-2">
          <TextInput
            value={row.name}
            onChange={(name) => change(row.id, { name })}
            aria-label={t('headerName', { number: index + 1 })}
            placeholder="Cache-Control"
            maxLength={64}
            autoComplete="off"
            spellCheck={false}
            className="basis-2/5 font-mono text-sm"
          />
          <TextInput
            value={row.value}
            onChange={(value) => change(row.id, { value })}
            aria-label={t('headerValue', { number: index + 1 })}
            placeholder="no-cache"
            maxLength={1_024}
            autoComplete="off"
            spellCheck={false}
            className="flex-1 font-mono text-sm"
          />
          <IconButton
            icon={X}
            label={t('headerRemove', { number: index + 1 })}
            onClick={() => onChange(rows.filter(({ id }) => id !== row.id))}
          />
        </div>
      ))}
      {rows.length < MOST_HEADERS && (
        <Button variant="quiet" size="sm" icon={Plus} className="self-start" onClick={add}>
          {t('headerAdd')}
        </Button>
      )}
    </fieldset>
  );
}
