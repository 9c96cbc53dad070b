import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { CACHE_RESULTS, FILTER_NAMES, filtersOf, OUTCOMES, queryOf, searchOf } from './tail-filters.ts';

const filters = fc.record(
  {
    text: fc.constantFrom('score', 'a b'),
    route: fc.constantFrom('/proxy/score', '/ml/*'),
    upstream: fc.constantFrom('score', 'mercadolibre'),
    client: fc.constantFrom('web', '192.168.100.200'),
    outcome: fc.constantFrom(...OUTCOMES),
    status: fc.constantFrom('404', '4xx'),
    code: fc.constantFrom('queue_full', 'circuit_open'),
    cache: fc.constantFrom(...CACHE_RESULTS),
    min_ms: fc.integer({ min: 1, max: 86_400_000 }),
    method: fc.constantFrom('GET', 'POST'),
  },
  { requiredKeys: [] },
);

describe('filters and the address', () => {
  test('read back what they wrote', () => {
    fc.assert(fc.property(filters, (one) => expect(filtersOf(searchOf(one))).toEqual(one)));
  });

  test('write every parameter, so that one that is absent goes from the address', () => {
    expect(Object.keys(searchOf({ status: '4xx' })).sort()).toEqual([...FILTER_NAMES].sort());
    expect(searchOf({ status: '4xx' }).route).toBeUndefined();
  });

  test('pass over what the API would refuse', () => {
    expect(
      filtersOf({
        outcome: 'maybe',
        status: '999',
        cache: 'warm',
        min_ms: '-3',
        code: 'No Such',
        text: '  ',
        id: 'x',
      }),
    ).toEqual({});
    expect(filtersOf({ min_ms: '99999999' })).toEqual({});
    expect(filtersOf({ status: '4XX' })).toEqual({ status: '4xx' });
  });

  test('hide a tax id that somebody put into the address', () => {
    expect(filtersOf({ text: '52998224725', client: '529.982.247-25' })).toEqual({
      text: '***',
      client: '***',
    });
  });

  test('ask the API by its own names', () => {
    expect(queryOf({ min_ms: 500, status: '4xx' })).toEqual({ min_ms: 500, status: '4xx' });
  });
});
