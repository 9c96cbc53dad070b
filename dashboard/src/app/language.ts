import { changeLanguage, startI18n } from '../i18n/i18n.ts';
import { LANGUAGES, type Language, preferredLanguage } from '../i18n/namespaces.ts';
import { preference } from './preference.ts';

const chosen = preference('language', LANGUAGES);

/** Begins in the language that was chosen here before, else in one of the browser's. */
export function startLanguage(): Promise<void> {
  return startI18n(preferredLanguage(chosen.get() ?? null, navigator.languages));
}

/** Another language from now on, and the next time. */
export async function switchLanguage(language: Language): Promise<void> {
  await changeLanguage(language);
  chosen.set(language);
}
