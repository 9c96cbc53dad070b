import { Dices } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RouteView } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { TextInput } from '../ui/text-input.tsx';
import { exampleCpf, isCpf } from './cpf.ts';

export interface ParamFieldProps {
  param: RouteView['params'][number];
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

/** One query parameter. A tax id stands nowhere on the page but in this input. */
export function ParamField({
  param: { name, required, pattern, personal },
  value,
  onChange,
  error,
}: ParamFieldProps) {
  const { t } = useTranslation('playground');
  const cpf = pattern === 'cpf';
  const hint = cpf
    ? t(value !== '' && !isCpf(value) ? 'cpfWrong' : 'cpfHint')
    : pattern === null
      ? undefined
      : t('patternHint', { pattern });
  return (
    <Field
      label={
        <>
          <span className="font-mono">{name}</span>{' '}
          <span className="font-normal text-muted">{t(required ? 'required' : 'optional')}</span>
        </>
      }
      hint={hint}
      error={error}
    >
      {(field) => (
        <div className="flex flex-wrap gap-2">
          <TextInput
            {...field}
            value={value}
            onChange={onChange}
            maxLength={2_048}
            aria-required={required || undefined}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            inputMode={cpf ? 'numeric' : undefined}
            data-personal={personal || undefined}
            className="flex-1 basis-40 font-mono"
          />
          {cpf && (
            <Button icon={Dices} onClick={() => onChange(exampleCpf())}>
              {t('fillExample')}
            </Button>
          )}
        </div>
      )}
    </Field>
  );
}
