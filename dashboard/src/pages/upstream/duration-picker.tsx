import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { Field } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { type DurationChoice, durationOf, MOST_MS, OFFERED, parseDuration } from './duration-choice.ts';

interface DurationPickerProps {
  readonly label: string;
  readonly value: DurationChoice;
  readonly onChange: (value: DurationChoice) => void;
  /** How a time without an end is called; undefined: there must be one. */
  readonly endless?: string;
  /** Whether a time that is not valid is complained about yet. */
  readonly isAsked: boolean;
  /** What the server said. */
  readonly problem: string | undefined;
}

/** For how long: a few usual times, or one that is typed. */
export function DurationPicker({ label, value, onChange, endless, isAsked, problem }: DurationPickerProps) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  const answer = durationOf(value);
  const most = format.duration(MOST_MS);
  const own = isAsked && answer.kind === 'problem' ? t(`duration.${answer.problem}`, { most }) : undefined;
  const segment = value.kind === 'offered' ? value.text : value.kind;
  const choose = (chosen: string) => {
    if (chosen === 'endless') onChange({ kind: 'endless' });
    else if (chosen === 'typed') onChange({ kind: 'typed', text: '' });
    else onChange({ kind: 'offered', text: chosen });
  };
  return (
    <div className="flex flex-col gap-2">
      <span aria-hidden className="font-medium text-sm">
        {label}
      </span>
      <Segmented
        label={label}
        value={segment}
        onChange={choose}
        options={[
          ...(endless === undefined ? [] : [{ value: 'endless', label: endless }]),
          ...OFFERED.map((text) => ({
            value: text as string,
            label: format.duration(parseDuration(text) ?? 0),
          })),
          { value: 'typed', label: t('duration.typed') },
        ]}
      />
      {value.kind === 'typed' ? (
        <Field label={t('duration.own')} hint={t('duration.hint', { most })} error={own ?? problem}>
          <TextInput
            value={value.text}
            onChange={(text) => onChange({ kind: 'typed', text })}
            autoComplete="off"
            spellCheck={false}
          />
        </Field>
      ) : (
        problem !== undefined && (
          <p role="alert" className="text-bad text-sm">
            {problem}
          </p>
        )
      )}
    </div>
  );
}
