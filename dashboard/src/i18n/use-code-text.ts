import { useTranslation } from 'react-i18next';

/** What a failure's code means, in a sentence; undefined without a code and for one that is somebody else's. */
export function useCodeText(): (code: string | null) => string | undefined {
  const { t, i18n } = useTranslation('errors');
  return (code) =>
    code !== null && i18n.exists(`errors:codes.${code}`) ? t(`codes.${code as 'internal'}`) : undefined;
}
