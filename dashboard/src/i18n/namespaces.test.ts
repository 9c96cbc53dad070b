import { describe, expect, test } from 'bun:test';
import { preferredLanguage } from './namespaces.ts';

describe('preferredLanguage', () => {
  test.each([
    ['what was chosen before goes first', 'en', ['pt-BR'], 'en'],
    ['and so the other way round', 'pt-BR', ['en-US'], 'pt-BR'],
    ['Portuguese of anywhere is Brazilian here', null, ['pt-PT', 'en'], 'pt-BR'],
    ['without a region too', null, ['pt'], 'pt-BR'],
    ['whatever the case', null, ['PT-br'], 'pt-BR'],
    ['English of anywhere is English', null, ['en-GB', 'pt-BR'], 'en'],
    ['languages that there are not are passed over', null, ['de-AT', 'fr', 'pt-BR', 'en'], 'pt-BR'],
    ['English when there is none of them', null, ['de', 'ja'], 'en'],
    ['English when the browser says nothing', null, [], 'en'],
    ['a choice that is none is passed over', 'klingon', ['pt-BR'], 'pt-BR'],
    ['an empty one too', '', ['pt-BR'], 'pt-BR'],
    ['words that only begin so are other languages', null, ['pta', 'eng', 'pt'], 'pt-BR'],
  ] as const)('%s', (_, stored, browser, language) => {
    expect(preferredLanguage(stored, browser)).toBe(language);
  });
});
