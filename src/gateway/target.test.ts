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
