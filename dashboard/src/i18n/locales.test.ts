// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources to be scanned are written so
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInstance } from 'i18next';
import { adminErrorTable } from '../../../src/server/admin/problems.ts';
import { errorTable } from '../../../src/shared/errors.ts';
import { TITLES } from '../api/problem.ts';
import en from './locales/en.ts';
import pt from './locales/pt-BR.ts';
import { UsedKeys } from './locales.fixture.ts';
import { LANGUAGES, type Language, NAMESPACES, type Namespace } from './namespaces.ts';

const LOCALES = fileURLToPath(new URL('locales/', import.meta.url));
const PLURAL = /_(zero|one|two|few|many|other)$/;

/** Texts that are the same in both languages, because they are names, terms of the field, or the same word. */
const SAME_IN_BOTH: ReadonlySet<string> = new Set([
  'Cache',
  'Comporta',
  'English',
  'Gateway',
  'Playground',
  'Português (Brasil)',
  'Status',
  'Token',
  'Total',
  'Upstream',
  'Upstreams',
]);

/** Keys that are looked up by a code of the server: the code is the key. */
const BY_CODE: readonly string[] = [...Object.values(TITLES).map((key) => `errors:${key}`), 'errors:codes.'];

type Texts = ReadonlyMap<string, string>;

function fileOf(language: Language, namespace: Namespace): unknown {
  return JSON.parse(readFileSync(join(LOCALES, language, `${namespace}.json`), 'utf8'));
}

/** `a.b` → text. */
function flat(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`));
}

/** Of all namespaces: `usage:title` → text. */
function textsOf(language: Language): Texts {
  return new Map(
    NAMESPACES.flatMap((namespace) =>
      flat(fileOf(language, namespace))
        .filter(([key]) => key !== '')
        .map(([key, text]) => [`${namespace}:${key}`, String(text)] as const),
    ),
  );
}

const TEXTS: Readonly<Record<Language, Texts>> = { en: textsOf('en'), 'pt-BR': textsOf('pt-BR') };

const base = (key: string): string => key.replace(PLURAL, '');

/** Plural forms of a key: `['one', 'other']`; empty when it has none. */
function formsOf(texts: Texts, wanted: string): string[] {
  return [...texts.keys()]
    .filter((key) => PLURAL.test(key) && base(key) === wanted)
    .map((key) => PLURAL.exec(key)?.[1] ?? '')
    .sort();
}

/** `{{count, number}}`, `$t(common:x)`, `<1>` → `count`, `$t(common:x)`, `<1>`, sorted. */
function placesOf(text: string): string[] {
  const named = [...text.matchAll(/\{\{\s*-?\s*([\w.]+)[^}]*\}\}/g)].map(([, name = '']) => name);
  const others = [...text.matchAll(/\$t\([^)]*\)|<\/?\w+\s*\/?>/g)].map(([whole]) => whole);
  return [...new Set([...named, ...others])].sort();
}

describe('files', () => {
  test.each([...LANGUAGES])('%s has one for each namespace, and no other', (language) => {
    expect(readdirSync(join(LOCALES, language)).sort()).toEqual(
      NAMESPACES.map((name) => `${name}.json`).sort(),
    );
  });

  test('every one is in the chunk of its language, under its own name', () => {
    const chunks: Readonly<Record<Language, Readonly<Record<string, unknown>>>> = { en, 'pt-BR': pt };
    for (const language of LANGUAGES) {
      expect(Object.keys(chunks[language]).sort()).toEqual([...NAMESPACES].sort());
      for (const namespace of NAMESPACES) {
        expect(chunks[language][namespace], `${language}/${namespace}`).toEqual(fileOf(language, namespace));
      }
    }
  });
});

describe('texts', () => {
  test('are texts, and none is empty', () => {
    const wrong = LANGUAGES.flatMap((language) =>
      NAMESPACES.flatMap((namespace) =>
        flat(fileOf(language, namespace))
          .filter(([key, text]) => key !== '' && (typeof text !== 'string' || text.trim() === ''))
          .map(([key]) => `${language} ${namespace}:${key}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('have the same keys in both languages', () => {
    const keys = (texts: Texts) => new Set([...texts.keys()].map(base));
    const [english, portuguese] = [keys(TEXTS.en), keys(TEXTS['pt-BR'])];
    expect({
      'only in English': [...english].filter((key) => !portuguese.has(key)),
      'only in Portuguese': [...portuguese].filter((key) => !english.has(key)),
    }).toEqual({ 'only in English': [], 'only in Portuguese': [] });
  });

  test('have the plural forms of their language', () => {
    const bases = new Set(
      [...TEXTS.en.keys(), ...TEXTS['pt-BR'].keys()].filter((key) => PLURAL.test(key)).map(base),
    );
    const wrong = [...bases].flatMap((key) =>
      LANGUAGES.filter((language) => {
        // Intl says which there are: English one and other, Portuguese also many (from a million on).
        const wanted = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
        const has = formsOf(TEXTS[language], key);
        return has.join() !== wanted.join() || TEXTS[language].has(key);
      }).map((language) => `${language} ${key}`),
    );
    expect(bases.size).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  test('have the same places in both languages', () => {
    const wrong: string[] = [];
    for (const [key, text] of TEXTS['pt-BR']) {
      const english = TEXTS.en.get(key) ?? TEXTS.en.get(`${base(key)}_other`);
      if (english === undefined) continue;
      // Where there is one of it, the number may be a word.
      const places = (one: string) =>
        placesOf(one).filter((name) => !(key.endsWith('_one') && name === 'count'));
      if (places(text).join() !== places(english).join()) {
        wrong.push(`${key}: ${placesOf(english).join(', ')} / ${placesOf(text).join(', ')}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('are translated', () => {
    const same = [...TEXTS['pt-BR']].filter(([key, text]) => {
      const words = text.replaceAll(/\{\{[^}]*\}\}|`[^`]*`/g, '');
      return text === TEXTS.en.get(key) && /\p{L}{3}/u.test(words) && !SAME_IN_BOTH.has(text);
    });
    expect(same.map(([key, text]) => `${key}: ${text}`)).toEqual([]);
  });

  test('are found by i18next for every number', async () => {
    const i18n = createInstance();
    await i18n.init({ resources: { en, 'pt-BR': pt }, ns: [...NAMESPACES], fallbackLng: false });
    for (const language of LANGUAGES) {
      const t = i18n.getFixedT(language);
      const plurals = new Set([...TEXTS[language].keys()].filter((key) => PLURAL.test(key)).map(base));
      for (const key of plurals) {
        for (const count of [0, 1, 2, 1_000_000]) {
          const text = String((t as (key: string, values: object) => unknown)(key, { count }));
          expect(text, `${language} ${key} ${count}`).not.toBe(key.replace(/^\w+:/, ''));
        }
      }
    }
  });
});

describe('errors', () => {
  test('every code of the admin API has a title', () => {
    const codes = ['unreachable', ...Object.keys(adminErrorTable)].sort();
    expect(Object.keys(TITLES).sort()).toEqual(codes);
    expect(codes.filter((code) => !TEXTS.en.has(`errors:${code}`))).toEqual([]);
  });

  test('every code of the data plane has a sentence', () => {
    const codes = Object.keys(errorTable);
    expect(codes.filter((code) => !TEXTS.en.has(`errors:codes.${code}`))).toEqual([]);
  });
});

describe('keys', () => {
  test('are all asked for, and what is asked for is there', () => {
    const used = UsedKeys.ofDashboard();
    const keys = [...TEXTS.en.keys()].map(base);
    const dead = [...new Set(keys)].filter((key) => {
      const [, namespace, name] = /^(\w+):(.+)$/.exec(key) ?? [];
      return (
        !BY_CODE.some((start) => key === start || (start.endsWith('.') && key.startsWith(start))) &&
        !used.has(namespace as Namespace, name ?? '')
      );
    });
    expect({ dead, 'put together, and none is there': used.unmatched(keys) }).toEqual({
      dead: [],
      'put together, and none is there': [],
    });
  });

  test('are found in every form in which they are asked for', () => {
    const used = new UsedKeys();
    used.read(
      `
      const { t } = useTranslation('usage');
      const { t: tCommon, i18n } = useTranslation();
      const a = t('title');
      const b = full ? tCommon('full') : tCommon(half ? 'half.left' : 'half.right');
      const c = t(\`group.\${dimension}.title\`);
      const d = t('common:close');
      const columns = [{ labelKey: 'bytes' }, 'columns.hits'];
      const e = <Trans i18nKey="range" />;
    `,
      'tsx',
    );
    used.read("export function text(t: TFunction<'cache'>): string { return t('ratio'); }", 'ts');
    used.read("export const NAMES = { one: 'names.one' } as const;", 'ts');
    const found = (
      [
        'usage:title',
        'common:full',
        'common:half.left',
        'common:half.right',
        'usage:group.path.title',
        'common:close',
        'usage:bytes',
        'usage:columns.hits',
        'usage:range',
        'cache:ratio',
        'access:names.one',
      ] as const
    ).filter((key) => {
      const [namespace, name] = key.split(':') as [Namespace, string];
      return !used.has(namespace, name);
    });
    expect(found).toEqual([]);
    for (const [namespace, key] of [
      ['common', 'title'],
      ['usage', 'full'],
      ['usage', 'group.path'],
      ['usage', 'close'],
      ['usage', 'ratio'],
      ['usage', 'dimension'],
    ] as const) {
      expect(used.has(namespace, key), `${namespace}:${key}`).toBe(false);
    }
    expect(used.unmatched(['usage:group.path.title'])).toEqual([]);
    expect(used.unmatched(['common:group.path.title'])).toEqual(['group.${…}.title']);
  });
});
