import { describe, expect, test } from 'bun:test';
import type { AdminProblem } from '../problems.ts';
import { requireOwnSite } from './own-site.ts';

const isAdmitted = (headers: Record<string, string>, loopbackOnly: boolean): boolean => {
  try {
    requireOwnSite(new Headers(headers), { port: 8001, loopbackOnly });
    return true;
  } catch (error) {
    expect((error as AdminProblem).code).toBe('foreign_request');
    return false;
  }
};

describe('without a token, Host', () => {
  test.each([
    ['127.0.0.1:8001', true],
    ['localhost:8001', true],
    ['LOCALHOST:8001', true],
    ['127.8.9.1:8001', true],
    ['[::1]:8001', true],
    ['[::ffff:127.0.0.1]:8001', true],
    ['127.0.0.1', false],
    ['127.0.0.1:8002', false],
    ['localhost:80001', false],
    ['evil.example:8001', false],
    ['localhost.evil.example:8001', false],
    ['127.0.0.1.evil.example:8001', false],
    ['127.1:8001', false],
    ['10.0.0.1:8001', false],
    ['evil.example@localhost:8001', false],
    ['', false],
  ])('%p: %p', (Host, admitted) => {
    expect(isAdmitted({ Host }, true)).toBe(admitted);
  });

  test('must be there', () => {
    expect(isAdmitted({}, true)).toBe(false);
  });

  test('with a token any name is right', () => {
    expect(isAdmitted({ Host: 'comporta.example' }, false)).toBe(true);
  });
});

describe('Origin', () => {
  test.each([
    ['http://127.0.0.1:8001', true],
    ['http://127.0.0.1:8002', false],
    ['http://localhost:8001', false],
    ['http://evil.example', false],
    ['null', false],
    ['', false],
    ['file://', false],
  ])('%p: %p', (Origin, admitted) => {
    expect(isAdmitted({ Host: '127.0.0.1:8001', Origin }, true)).toBe(admitted);
  });

  test('behind a server that speaks TLS the scheme is its', () => {
    expect(isAdmitted({ Host: 'comporta.example', Origin: 'https://comporta.example' }, false)).toBe(true);
    expect(isAdmitted({ Host: 'comporta.example', Origin: 'https://evil.example' }, false)).toBe(false);
  });
});

test.each([
  ['same-origin', true],
  ['none', true],
  ['same-site', false],
  ['cross-site', false],
])('Sec-Fetch-Site %s: %p', (site, admitted) => {
  expect(isAdmitted({ Host: '127.0.0.1:8001', 'Sec-Fetch-Site': site }, true)).toBe(admitted);
});

describe('a page that other sites may link to', () => {
  const admitted = (headers: Record<string, string>, linkable: boolean): boolean => {
    try {
      requireOwnSite(new Headers({ Host: '127.0.0.1:8001', ...headers }), {
        port: 8001,
        loopbackOnly: true,
        linkable,
      });
      return true;
    } catch {
      return false;
    }
  };
  const followed = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

  test.each(['cross-site', 'same-site'])('is opened by a link (%s)', (site) => {
    expect(admitted({ 'Sec-Fetch-Site': site, ...followed }, true)).toBe(true);
  });

  test.each<[string, Record<string, string>]>([
    ['in a frame', { ...followed, 'Sec-Fetch-Dest': 'iframe' }],
    ['by a script', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'script' }],
    ['by fetch', { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }],
    ['without saying how', {}],
  ])('is not taken %s', (_, headers) => {
    expect(admitted({ 'Sec-Fetch-Site': 'cross-site', ...headers }, true)).toBe(false);
  });

  test('what is none is not opened by a link, and no link makes up for a foreign Host', () => {
    expect(admitted({ 'Sec-Fetch-Site': 'cross-site', ...followed }, false)).toBe(false);
    expect(admitted({ 'Sec-Fetch-Site': 'cross-site', ...followed, Host: 'evil.example:8001' }, true)).toBe(
      false,
    );
  });
});
