import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import type { UsageDimension } from '../../api/types.ts';
import { Field } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { areKeptTogether, choicesBeside, DIMENSIONS } from './usage-dimensions.ts';
import { filteredBy, type UsageQuestion } from './usage-question.ts';

export interface GroupingPickerProps {
  question: UsageQuestion;
  onChange: (change: Search) => void;
}

/** What the rows are about: one thing, or two that are kept together. */
export function GroupingPicker({ question, onChange }: GroupingPickerProps) {
  const { t } = useTranslation('usage');
  const taken = filteredBy(question.filters);
  const [first = 'route', second] = question.groupBy;
  const firstChoices = choicesBeside(taken);
  const secondChoices = choicesBeside([...taken, first]).filter((one) => one !== first);
  const chooseFirst = (next: UsageDimension) => {
    const keepsSecond = second !== undefined && second !== next && areKeptTogether([...taken, next, second]);
    onChange({ by: keepsSecond ? `${next},${second}` : next });
  };
  const isNarrowed = firstChoices.length < DIMENSIONS.length;
  return (
    <div className="mb-3 flex flex-wrap items-end gap-3">
      <Field label={t('groups.by')} className="min-w-0 flex-1 basis-36 sm:max-w-52">
        <Select<UsageDimension>
          value={first}
          onChange={chooseFirst}
          options={DIMENSIONS.map((one) => ({
            value: one,
            label: t(`dimension.${one}`),
            disabled: !firstChoices.includes(one),
          }))}
        />
      </Field>
      <Field label={t('groups.then')} className="min-w-0 flex-1 basis-36 sm:max-w-52">
        <Select<UsageDimension | 'nothing'>
          value={second ?? 'nothing'}
          onChange={(next) => onChange({ by: next === 'nothing' ? first : `${first},${next}` })}
          options={[
            { value: 'nothing', label: t('groups.nothing') },
            ...secondChoices.map((one) => ({ value: one, label: t(`dimension.${one}`) })),
            // What an address asks for is shown, even where the gateway will refuse it.
            ...(second !== undefined && !secondChoices.includes(second)
              ? [{ value: second, label: t(`dimension.${second}`) }]
              : []),
          ]}
        />
      </Field>
      {isNarrowed && (
        <p className="min-w-0 flex-1 basis-60 text-muted text-sm">
          {t('groups.narrowed', {
            filters: taken.map((one) => t(`dimension.${one}`)).join(', '),
          })}
        </p>
      )}
    </div>
  );
}
