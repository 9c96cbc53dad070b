import { expect, test } from 'bun:test';
import { matching } from './match.ts';

const PAGES = ['Visão geral', 'Configuração', 'Teste de carga', 'score'];

test('finds by any words, whatever their case and accents', () => {
  const find = (query: string) => matching(PAGES, query, (page) => page);
  expect(find('configuracao')).toEqual(['Configuração']);
  expect(find('CARGA teste')).toEqual(['Teste de carga']);
  expect(find('')).toEqual(PAGES);
  expect(find('nothing')).toEqual([]);
});
