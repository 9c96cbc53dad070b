import { describe, expect, test } from 'bun:test';
import { causeOf, createLog } from './log.ts';
import { maskTarget } from './mask.ts';

const personal = new Set(['cpf', 'e-mail']);

describe('maskTarget', () => {
  test.each([
    ['/api/score', 'cpf=52998224725&q=1', '/api/score?cpf=***&q=1'],
    ['/api/score', '%63pf=52998224725', '/api/score?%63pf=***'],
    ['/api', 'e-mail=a@b.c', '/api?e-mail=***'],
    [
      '/api',
      'access_token=abc&api_key=d&password=e&page=2',
      '/api?access_token=***&api_key=***&password=***&page=2',
    ],
    ['/people/52998224725/orders', '', '/people/***/orders'],
    ['/people/529.982.247-25', '', '/people/***'],
    ['/api', 'q=529.982.247-25', '/api?q=***'],
    ['/items/MLB123', 'limit=50', '/items/MLB123?limit=50'],
  ])('%s ? %s', (path, query, expected) => {
    expect(maskTarget(path, query, personal)).toBe(expected);
  });
});

describe('log', () => {
  test('an error of the runtime keeps its code and loses its stack, any tax id and the query of a URL', () => {
    const error = Object.assign(new Error('Unable to connect to "http://x/52998224725?token=abc". Sorry'), {
      code: 'ECONNREFUSED',
    });
    expect(causeOf(error)).toEqual({
      type: 'Error',
      message: 'Unable to connect to "http://x/***?***". Sorry',
      code: 'ECONNREFUSED',
    });
  });

  test('secrets are masked by their name', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    log.info({ authorization: 'Bearer abc', headers: { cookie: 'sid=1' }, token: 't-123' }, 'x');
    expect(lines.join()).not.toMatch(/abc|sid=1|t-123/);
  });

  test('a line cannot be forged: control characters are escaped', () => {
    const lines: string[] = [];
    createLog('info', { write: (line) => void lines.push(line) }).info(
      { client: 'a\n{"level":"error"}' },
      'x',
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]!.trim().split('\n')).toHaveLength(1);
  });
});
