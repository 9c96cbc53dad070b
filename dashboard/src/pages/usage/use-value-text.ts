import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { UsageDimension } from '../../api/types.ts';
import type usage from '../../i18n/locales/en/usage.json';

type Named = keyof (typeof usage)['value'];

/** A value of a dimension in words, where it is a code; otherwise as it is. */
export function useValueText(): (dimension: UsageDimension, value: string) => string {
  const { t, i18n } = useTranslation('usage');
  return useCallback(
    (dimension, value) => {
      const key = `${dimension}_${value}`;
      return i18n.exists(`value.${key}`, { ns: 'usage' }) ? t(`value.${key as Named}`) : value;
    },
    [t, i18n],
  );
}
