import { useTranslation } from 'react-i18next';

/** What a failure's code means, in a sentence; undefined for a code that is somebody else's. */
export function useCodeText(): (code: string) => string | undefined {
  const { t, i18n } = useTranslation('errors');
  return (code) => {
    const key = `errors:codes.${code}`;
    return i18n.exists(key) ? t(key as 'codes.internal') : undefined;
  };
}
