import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type configuration from '../../i18n/locales/en/configuration.json';

type KnownAction = keyof (typeof configuration)['action'];

/** What was done, in a few words; undefined for an action that there are none for. */
export function useActionText(): (action: string) => string | undefined {
  const { t, i18n } = useTranslation('configuration');
  return useCallback(
    (action) => {
      // A point would mean a level of its own.
      const key = action.replace('.', '-');
      return i18n.exists(`action.${key}`, { ns: 'configuration' })
        ? t(`action.${key as KnownAction}`)
        : undefined;
    },
    [t, i18n],
  );
}
