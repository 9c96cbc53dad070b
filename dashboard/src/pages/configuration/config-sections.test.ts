import { expect, test } from 'bun:test';
import type { ConfigEntry } from '../../api/types.ts';
import type { Origin } from './config-entry.ts';
import {
  type ConfigFilter,
  isBelow,
  matches,
  prefixesOf,
  readFilter,
  sectionsOf,
  TOP,
} from './config-sections.ts';

const entry = (path: string, value: unknown = 'x', kind: Origin = 'default', where = ''): ConfigEntry => ({
  path,
  value,
  secret: false,
  origin: { kind, where },
});

const ENTRIES = [
  entry('listen', '127.0.0.1:8000', 'env', 'LISTEN'),
  entry('admin.listen', '127.0.0.1:8001', 'flag', '--admin-listen'),
  entry('max_body', '1mb'),
  entry('upstreams.score.limits[0]', '1 per 1s', 'file', 'comporta.yaml:45:14'),
  entry('upstreams.score2.timeout', '10s'),
  entry('routes[0].path', '/proxy/score', 'file', 'comporta.yaml:80:5'),
  entry('routes[10].methods[0]', 'GET'),
];

const found = (filter: Partial<ConfigFilter>): string[] =>
  ENTRIES.filter((one) => matches(one, { text: '', origin: 'any', prefix: '', ...filter })).map(
    ({ path }) => path,
  );

test('groups by section, what has none first', () => {
  expect(sectionsOf(ENTRIES).map(({ name, entries }) => [name, entries.length])).toEqual([
    [TOP, 2],
    ['admin', 1],
    ['upstreams', 2],
    ['routes', 2],
  ]);
  expect(sectionsOf([entry('a.b')]).map(({ name }) => name)).toEqual(['a']);
});

test('searches path, value and place', () => {
  expect(found({ text: 'per 1s' })).toEqual(['upstreams.score.limits[0]']);
  expect(found({ text: ':80:5' })).toEqual(['routes[0].path']);
  expect(found({ text: 'max_b' })).toEqual(['max_body']);
  expect(found({ text: 'nowhere' })).toEqual([]);
  expect(readFilter({ q: '  TimeOut ' }).text).toBe('timeout');
});

test('filters by origin', () => {
  expect(found({ origin: 'env' })).toEqual(['listen']);
  expect(found({ origin: 'set' })).toEqual([
    'listen',
    'admin.listen',
    'upstreams.score.limits[0]',
    'routes[0].path',
  ]);
  expect(readFilter({ origin: 'elsewhere' }).origin).toBe('any');
});

test('a prefix ends where a name ends', () => {
  expect(found({ prefix: 'upstreams.score' })).toEqual(['upstreams.score.limits[0]']);
  expect(found({ prefix: 'routes[1]' })).toEqual([]);
  expect(found({ prefix: 'routes' })).toHaveLength(2);
  expect(isBelow('listen', 'listen')).toBe(true);
  expect(isBelow('listening', 'listen')).toBe(false);
  expect(prefixesOf(ENTRIES)).toEqual([
    'admin',
    'upstreams',
    'upstreams.score',
    'upstreams.score2',
    'routes',
    'routes[0]',
    'routes[10]',
  ]);
});
