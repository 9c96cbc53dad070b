import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../shared/errors.ts';
import { answerHeaders, answerStatus, contentLength, hasBody, requestHeaders } from './headers.ts';

describe('headers', () => {
  test('a request loses hop-by-hop fields, those that Connection names, and what is written anew', () => {
    const incoming = new Headers({
      accept: '*/*',
      connection: 'X-Hop, keep-alive, "no token", ',
      'content-length': '3',
      expect: '100-continue',
      host: 'here',
      te: 'trailers',
      trailer: 'x',
      'x-hop': '1',
      'x-kept': '1',
    });
    expect([...requestHeaders(incoming).keys()]).toEqual(['accept', 'x-kept']);
    // The client's own are left as they were: another attempt reads them again.
    expect(incoming.get('x-hop')).toBe('1');
  });

  test('an answer keeps the order and repetition of its fields', () => {
    const fields = [
      ['B', '1'],
      ['Set-Cookie', 'a'],
      ['Transfer-Encoding', 'chunked'],
      ['Set-Cookie', 'b'],
      ['X-Hop', '1'],
      ['A', '1'],
    ] as const;
    expect(answerHeaders(fields, 'x-hop')).toEqual([fields[0], fields[1], fields[3], fields[5]]);
  });

  test('which answers have a body', () => {
    expect([hasBody('GET', 200), hasBody('GET', 404), hasBody('POST', 201)]).toEqual([true, true, true]);
    expect([hasBody('HEAD', 200), hasBody('GET', 204), hasBody('GET', 304)]).toEqual([false, false, false]);
  });

  test('a length is digits only', () => {
    expect([contentLength('12'), contentLength('0')]).toEqual([12, 0]);
    for (const value of ['', '-1', '1, 1', '0x10', ' 1', null, undefined]) {
      expect(contentLength(value)).toBeUndefined();
    }
  });

  test('a status beyond those of HTTP is no answer', () => {
    expect([answerStatus(200), answerStatus(599)]).toEqual([200, 599]);
    for (const status of [undefined, 0, 199, 600, 999]) {
      expect(() => answerStatus(status)).toThrow(GatewayError);
    }
  });
});
