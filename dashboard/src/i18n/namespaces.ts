/** One file of texts a page, and two for all of them: `common`, and `errors` by the code of the problem. */
export const NAMESPACES = [
  'common',
  'errors',
  'overview',
  'upstream',
  'playground',
  'loadTest',
  'requests',
  'access',
  'usage',
  'cache',
  'configuration',
  'fleet',
] as const;

export type Namespace = (typeof NAMESPACES)[number];

export const LANGUAGES = ['en', 'pt-BR'] as const;

export type Language = (typeof LANGUAGES)[number];

/** The language to begin with: what was chosen here before, else the first of the browser's that there is. */
export function preferredLanguage(stored: string | null, browser: readonly string[]): Language {
  const wanted = stored === null ? browser : [stored, ...browser];
  for (const tag of wanted) {
    if (/^pt\b/i.test(tag)) return 'pt-BR';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}
