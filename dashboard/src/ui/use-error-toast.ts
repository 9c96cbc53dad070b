import { useTranslation } from 'react-i18next';
import { describeError } from '../api/problem.ts';
import { showToast } from './toaster.tsx';

/** Gives the function that tells an error of the API in passing: for what has no place of its own on the page. */
export function useErrorToast(): (error: unknown) => void {
  const { t, i18n } = useTranslation('errors');
  return (error) => {
    const { title, detail } = describeError(error, t, i18n.resolvedLanguage ?? i18n.language);
    showToast({ tone: 'bad', title, detail });
  };
}
