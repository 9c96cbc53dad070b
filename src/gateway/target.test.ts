import { describe, expect, test } from 'bun:test';
import { queryParam, rewritePath, rewriteQuery } from './target.ts';

describe('rewritePath', () => {
  test.each([
    ['/proxy/score', '/api/score', '/proxy/score', '/api/score'],
    ['/ml/*', '/*', '/ml/items/MLB1', '/items/MLB1'],
    ['/ml/*', '/*', '/ml/', '/'],
    ['/ml/*', '/*', '/ml', '/'],
    ['/ml/*', '/v1/*', '/ml/a%2Fb', '/v1/a%2Fb'],
    ['/ml/*', undefined, '/ml/x', '/ml/x'],
    ['/*', '/base/*', '/x/y', '/base/x/y'],
    ['/ml/*', '/fixed', '/ml/x', '/fixed'],
  ])('%s with rewrite %s: %s → %s', (route, rewrite, path, expected) => {
    expect(rewritePath(route, rewrite, path)).toBe(expected);
  });
});

describe('rewriteQuery', () => {
  const rewrite = (query: string, values: Record<string, string> = {}) =>
    rewriteQuery(query, new Set(['priority']), new Set(['cpf']), values);

  test('control parameters do not travel, however they are spelled', () => {
    expect(rewrite('a=1&priority=0&b=2')).toBe('?a=1&b=2');
    expect(rewrite('%70riority=0')).toBe('');
    expect(rewrite('priority=0')).toBe('');
  });

  test('what is not declared stays byte for byte', () => {
    expect(rewrite('x=%7e&y=a+b&z&&=1')).toBe('?x=%7e&y=a+b&z&&=1');
  });

  test('a checked parameter goes on as it was checked, once: a second value was never looked at', () => {
    expect(rewrite('cpf=529.982.247-25&cpf=evil&q=1', { cpf: '52998224725' })).toBe('?cpf=52998224725&q=1');
  });
});

describe('queryParam', () => {
  test.each([
    ['a=1&b=2', 'b', '2'],
    ['a=1&a=2', 'a', '1'],
    ['a', 'a', ''],
    ['a=x+y%20z', 'a', 'x y z'],
    ['%61=1', 'a', '1'],
    ['a=%zz', 'a', '%zz'],
    ['ab=1', 'a', undefined],
    ['', 'a', undefined],
  ])('%s: %s is %s', (query, name, expected) => {
    expect(queryParam(query, name)).toBe(expected as string);
  });
});

test('a query that stands as it was checked is the same with and without a look at its pairs', () => {
  const checked = new Set(['cpf']);
  const rewrite = (query: string, cpf: string) =>
    rewriteQuery(query, new Set(['priority']), checked, { cpf });
  expect(rewrite('cpf=52998224725', '52998224725')).toBe('?cpf=52998224725');
  expect(rewrite('cpf=529.982.247-25', '52998224725')).toBe('?cpf=52998224725');
  expect(rewrite('cpf=a=b', 'a=b')).toBe('?cpf=a%3Db');
  expect(rewrite('priority=1', '1')).toBe('');
  expect(rewrite('other=1', '1')).toBe('?other=1');
});

test('a parameter is found under an escaped name too', () => {
  expect(queryParam('%63pf=1', 'cpf')).toBe('1');
  expect(queryParam('x=%63pf', 'cpf')).toBeUndefined();
  expect(queryParam('xcpf=2&cpf=1', 'cpf')).toBe('1');
});
