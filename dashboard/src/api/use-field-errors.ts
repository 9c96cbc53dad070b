import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { describeError } from './problem.ts';

/** What the gateway says of each field of a form, by the field's name in the API. */
export function useFieldErrors(error: unknown): Readonly<Record<string, string>> {
  const { t, i18n } = useTranslation('errors');
  return useMemo(() => {
    if (error === null || error === undefined) return {};
    const { errors } = describeError(error, t, i18n.resolvedLanguage ?? i18n.language);
    return Object.fromEntries(errors.map(({ field, message }) => [field, message]));
  }, [error, t, i18n]);
}
