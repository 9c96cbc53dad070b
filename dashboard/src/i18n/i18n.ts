import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type en from './locales/en.ts';
import { LANGUAGES, type Language, NAMESPACES } from './namespaces.ts';
import { takeMessages } from './server-messages.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    // A key that does not exist is a type error.
    defaultNS: 'common';
    resources: typeof en;
  }
}

const loaders: Readonly<Record<Language, () => Promise<{ default: typeof en }>>> = {
  en: () => import('./locales/en.ts'),
  'pt-BR': async () => {
    const [texts, { PORTUGUESE_MESSAGES }] = await Promise.all([
      import('./locales/pt-BR.ts') as Promise<{ default: typeof en }>,
      import('./server-messages.pt-BR.ts'),
    ]);
    takeMessages(PORTUGUESE_MESSAGES);
    return texts;
  },
};

/** Loads the first language; texts are there when it resolves. */
export async function startI18n(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    supportedLngs: [...LANGUAGES],
    ns: [...NAMESPACES],
    defaultNS: 'common',
    fallbackLng: false,
    interpolation: { escapeValue: false },
    resources: { [language]: (await loaders[language]()).default },
    returnNull: false,
  });
  document.documentElement.lang = language;
}

/** Another language, which is loaded when it is the first time. */
export async function changeLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'common')) {
    const { default: texts } = await loaders[language]();
    for (const namespace of NAMESPACES) i18next.addResourceBundle(language, namespace, texts[namespace]);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
