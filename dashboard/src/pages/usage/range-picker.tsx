import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import { useFormat } from '../../i18n/format.ts';
import { Field } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import {
  fromLocalInput,
  LAST_MS,
  LAST_RANGES,
  type LastRange,
  toLocalInput,
  type UsageRange,
} from './usage-range.ts';

export interface RangePickerProps {
  range: UsageRange;
  search: Search;
  onChange: (change: Search) => void;
}

/** From when to when: back from now, or between two times of the reader's own clock. */
export function RangePicker({ range, search, onChange }: RangePickerProps) {
  const { t } = useTranslation('usage');
  const format = useFormat();
  const isCustom = range.kind !== 'last';
  const choose = (name: LastRange | 'custom') => {
    if (name !== 'custom') return onChange({ range: name, from: undefined, to: undefined });
    // Begins with what is on the screen, so that only what matters has to be changed.
    const now = Date.now();
    const spanMs = range.kind === 'last' ? LAST_MS[range.name] : LAST_MS['1h'];
    onChange({
      range: 'custom',
      from: new Date(now - spanMs).toISOString(),
      to: new Date(now).toISOString(),
    });
  };
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Segmented<LastRange | 'custom'>
        label={t('range.label')}
        value={range.kind === 'last' ? range.name : 'custom'}
        onChange={choose}
        options={[
          ...LAST_RANGES.map((name) => ({ value: name, label: format.duration(LAST_MS[name]) })),
          { value: 'custom' as const, label: t('range.custom') },
        ]}
      />
      {isCustom && (
        <>
          <Field label={t('range.from')} className="min-w-0 flex-1 basis-48 sm:max-w-60">
            <TextInput
              type="datetime-local"
              value={toLocalInput(search.from)}
              onChange={(text) => onChange({ from: fromLocalInput(text) })}
            />
          </Field>
          <Field
            label={t('range.to')}
            error={
              range.kind === 'incomplete' && range.problem === 'order' ? t('range.orderShort') : undefined
            }
            className="min-w-0 flex-1 basis-48 sm:max-w-60"
          >
            <TextInput
              type="datetime-local"
              value={toLocalInput(search.to)}
              onChange={(text) => onChange({ to: fromLocalInput(text) })}
            />
          </Field>
          <p className="w-full text-muted text-sm">
            {t('range.zone', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}
          </p>
        </>
      )}
    </div>
  );
}
