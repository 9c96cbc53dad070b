import { Plus, X } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import type { UsageDimension } from '../../api/types.ts';
import { useLive } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/select.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { areKeptTogether, choicesBeside, DIMENSIONS, valuesOf } from './usage-dimensions.ts';
import { filteredBy, NO_FILTERS, type UsageQuestion } from './usage-question.ts';
import { useValueText } from './use-value-text.ts';

export interface FilterBarProps {
  question: UsageQuestion;
  onChange: (change: Search) => void;
}

/** What the numbers are narrowed down to. */
export function FilterBar({ question, onChange }: FilterBarProps) {
  const { t } = useTranslation('usage');
  const { t: tCommon } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const valueText = useValueText();
  const taken = filteredBy(question.filters);
  return (
    <div className="flex flex-wrap items-center gap-2">
      {taken.map((dimension) => (
        <button
          key={dimension}
          type="button"
          title={t('filter.remove')}
          onClick={() => onChange({ [dimension]: undefined })}
          className="inline-flex min-h-8 max-w-full items-center gap-1.5 rounded-full bg-accent-soft px-3 text-sm hover:opacity-80"
        >
          <span className="shrink-0 text-muted">{t(`dimension.${dimension}`)}</span>
          <span className="truncate font-medium">
            {valueText(dimension, question.filters[dimension] ?? '')}
          </span>
          <X aria-hidden="true" className="size-3.5 shrink-0" />
          <span className="sr-only">{t('filter.remove')}</span>
        </button>
      ))}
      {isOpen ? (
        <AddFilter question={question} onChange={onChange} onDone={() => setOpen(false)} />
      ) : (
        <Button size="sm" icon={Plus} onClick={() => setOpen(true)}>
          {t('filter.add')}
        </Button>
      )}
      {taken.length > 0 && (
        <Button size="sm" variant="quiet" onClick={() => onChange(NO_FILTERS)}>
          {tCommon('clear')}
        </Button>
      )}
    </div>
  );
}

function AddFilter({ question, onChange, onDone }: FilterBarProps & { onDone: () => void }) {
  const { t } = useTranslation('usage');
  const { t: tCommon } = useTranslation();
  const valueText = useValueText();
  const listId = useId();
  const upstreams = useLive()?.upstreams ?? [];
  const taken = filteredBy(question.filters);
  const possible = choicesBeside(taken);
  const [dimension, setDimension] = useState<UsageDimension>(
    () => possible.find((one) => !taken.includes(one)) ?? 'route',
  );
  const values = valuesOf(dimension);
  const [text, setText] = useState('');
  const value = text === '' ? (values?.[0] ?? '') : text;
  const add = (event: FormEvent) => {
    event.preventDefault();
    const filter = value.trim();
    if (filter === '') return;
    // Groups that are not kept together with the new filter would only be refused.
    const kept = question.groupBy.filter((one) => areKeptTogether([...taken, dimension, one]));
    onChange({ [dimension]: filter, by: kept.length === 0 ? 'route' : kept.join(',') });
    onDone();
  };
  return (
    <form onSubmit={add} className="flex w-full min-w-0 flex-wrap items-center gap-2 sm:w-auto">
      <Select<UsageDimension>
        label={t('filter.dimension')}
        value={dimension}
        onChange={(next) => {
          setDimension(next);
          setText('');
        }}
        options={DIMENSIONS.map((one) => ({
          value: one,
          label: t(`dimension.${one}`),
          disabled: !possible.includes(one),
        }))}
        className="flex-1 basis-32 sm:w-40 sm:flex-none"
      />
      {values === undefined ? (
        <>
          <TextInput
            aria-label={t('filter.value')}
            placeholder={t('filter.exact')}
            value={text}
            onChange={setText}
            list={dimension === 'upstream' ? listId : undefined}
            autoComplete="off"
            spellCheck={false}
            className="flex-1 basis-40 font-mono sm:w-56 sm:flex-none"
          />
          <datalist id={listId}>
            {upstreams.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      ) : (
        <Select<string>
          label={t('filter.value')}
          value={value}
          onChange={setText}
          options={values.map((one) => ({ value: one, label: valueText(dimension, one) }))}
          className="flex-1 basis-40 sm:w-56 sm:flex-none"
        />
      )}
      <Button type="submit" variant="primary" disabled={value.trim() === ''}>
        {tCommon('add')}
      </Button>
      <Button variant="quiet" onClick={onDone}>
        {tCommon('cancel')}
      </Button>
    </form>
  );
}
