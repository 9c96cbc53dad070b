import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type overview from '../../i18n/locales/en/overview.json';

type KnownCause = keyof (typeof overview)['cause'];

/** Why a request failed, in a few words; a code that there are none for is shown as it is. */
export function useCauseText(): (cause: string) => string {
  const { t, i18n } = useTranslation('overview');
  return useCallback(
    (cause) =>
      i18n.exists(`cause.${cause}`, { ns: 'overview' }) ? t(`cause.${cause as KnownCause}`) : cause,
    [t, i18n],
  );
}
