import { useTranslation } from 'react-i18next';

/** What an error code of the data plane means, in a sentence; undefined for one that this page does not know. */
export function useCodeText(code: string | null): string | undefined {
  const { t, i18n } = useTranslation('errors');
  if (code === null || !i18n.exists(`errors:codes.${code}`)) return undefined;
  return t(`codes.${code as 'queue_full'}`);
}
