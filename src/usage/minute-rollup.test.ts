import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { usageSample } from '../../test/support/usage-samples.ts';
import { Histogram } from './histogram.ts';
import { MinuteRollup, type RollupPart } from './minute-rollup.ts';
import { FACET_LATENCY_AT, FACET_VALUE, type Facet, type UsageSample } from './rollup.ts';
import { addLatency } from './rollup-buckets.ts';

/** Sums of the core and of each facet, which must agree. */
function sums(parts: readonly RollupPart[]) {
  const core = { count: 0, errors: 0, refused: 0, hits: 0, bytes: 0, totalUs: 0 };
  const facets: Record<Facet, typeof core> = { client: { ...core }, path: { ...core }, pair: { ...core } };
  for (const part of parts) {
    for (const row of part.core) {
      core.count += row.count;
      core.bytes += row.bytes;
      core.totalUs += row.total.sumUs;
      if (row.outcome !== 'success') core.errors += row.count;
      if (row.outcome === 'refused') core.refused += row.count;
      if (row.cache === 'hit' || row.cache === 'stale') core.hits += row.count;
    }
    for (const row of part.facets) {
      const sum = facets[row.facet];
      for (const [name, at] of Object.entries(FACET_VALUE)) sum[name as keyof typeof core] += row.values[at]!;
      const latencies = row.values.slice(FACET_LATENCY_AT).reduce((a, b) => a + b, 0);
      expect(latencies).toBe(row.values[FACET_VALUE.count]!);
    }
  }
  return { core, facets };
}

const named = (rollup: MinuteRollup, facet: Facet) =>
  new Map(
    [...rollup.parts(1_000)]
      .flatMap(({ facets }) => facets)
      .filter((row) => row.facet === facet)
      .map((row) => [`${row.client}|${row.path}`, row.values[FACET_VALUE.count]!]),
  );

function rollupOf(
  samples: Iterable<UsageSample>,
  bounds?: { clients: number; paths: number; pairs: number },
) {
  const rollup = new MinuteRollup(60_000, bounds);
  for (const sample of samples) rollup.record(sample);
  return rollup;
}

describe('MinuteRollup', () => {
  test('below its bounds everything has its name and is exact', () => {
    const rollup = rollupOf([
      usageSample({ client: 'a', path: '/1' }),
      usageSample({ client: 'a', path: '/2' }),
      usageSample({ client: 'b', path: '/1' }),
      usageSample({ client: 'b', path: '/1' }),
    ]);
    expect([...named(rollup, 'client')]).toEqual([
      ['a|', 2],
      ['b|', 2],
    ]);
    expect([...named(rollup, 'path')]).toEqual([
      ['|/1', 3],
      ['|/2', 1],
    ]);
    expect([...named(rollup, 'pair')]).toEqual([
      ['a|/1', 1],
      ['a|/2', 1],
      ['b|/1', 2],
    ]);
  });

  test('the core tells method, status, outcome and cache apart, by route and upstream', () => {
    const rollup = rollupOf([
      usageSample(),
      usageSample({ method: 'BREW' }),
      usageSample({ status: 404, outcome: 'client_error' }),
      usageSample({ cache: 'hit', queueMs: undefined, upstreamMs: undefined }),
      usageSample({ upstream: 'another' }),
      usageSample(),
    ]);
    const [part] = [...rollup.parts(100)];
    const seen = part!.core.map((row) => [
      part!.sources[row.source]!.upstream,
      row.method,
      row.status,
      row.outcome,
      row.cache,
      row.count,
      row.queue.count,
    ]);
    expect(seen).toEqual([
      ['shop', 'GET', 2, 'success', 'none', 2, 2],
      ['shop', 'OTHER', 2, 'success', 'none', 1, 1],
      ['shop', 'GET', 4, 'client_error', 'none', 1, 1],
      ['shop', 'GET', 2, 'success', 'hit', 1, 0],
      ['another', 'GET', 2, 'success', 'none', 1, 1],
    ]);
    const back = new Histogram();
    addLatency(back, part!.core[0]!.upstream);
    expect(back.averageMs).toBe(9);
  });

  test('the sums of the core and of every facet agree, whatever the stream and the bounds', () => {
    const samples = fc.array(
      fc.record({
        route: fc.constantFrom('/a', '/b'),
        upstream: fc.constantFrom('x', 'y'),
        client: fc.integer({ min: 0, max: 30 }).map((index) => `c${index}`),
        path: fc.integer({ min: 0, max: 30 }).map((index) => `/${index}`),
        outcome: fc.constantFrom('success' as const, 'refused' as const, 'truncated' as const),
        cache: fc.constantFrom('hit' as const, 'stale' as const, 'miss' as const, 'none' as const),
        bytes: fc.integer({ min: 0, max: 1e9 }),
        totalMs: fc.integer({ min: 0, max: 100_000 }),
      }),
      { maxLength: 300 },
    );
    const bound = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(samples, bound, bound, bound, fc.boolean(), (facts, clients, paths, pairs, collapsed) => {
        const rollup = rollupOf(facts.map(usageSample), { clients, paths, pairs });
        if (collapsed) rollup.collapse();
        const { core, facets } = sums([...rollup.parts(7)]);
        expect(core.count).toBe(facts.length);
        expect(facets.client).toEqual(core);
        expect(facets.path).toEqual(core);
        expect(facets.pair).toEqual(core);
        expect(rollup.facetRows).toBeLessThanOrEqual(clients + paths + pairs);
      }),
    );
  });

  test('beyond its bounds the heavy keep their names and the rest is other', () => {
    const samples = Array.from({ length: 4_000 }, (_, index) =>
      index % 2 === 0
        ? usageSample({ client: `heavy${index % 10}`, path: '/hot' })
        : usageSample({ client: `light${index}`, path: `/cold/${index}` }),
    );
    const rollup = rollupOf(samples, { clients: 50, paths: 50, pairs: 50 });
    const clients = named(rollup, 'client');
    expect(clients.size).toBe(51);
    for (const heavy of [0, 2, 4, 6, 8]) expect(clients.get(`heavy${heavy}|`)).toBe(400);
    expect(named(rollup, 'path').get('|/hot')).toBe(2_000);
    expect(named(rollup, 'pair').get('heavy0|/hot')).toBe(400);
    expect(clients.get('other|')).toBeGreaterThan(1_900);
    expect(rollup.evictions).toBeGreaterThan(0);
  });

  test('parts are never longer than asked, and together are everything', () => {
    const rollup = rollupOf(Array.from({ length: 500 }, (_, index) => usageSample({ client: `c${index}` })));
    const parts = [...rollup.parts(64)];
    for (const { core, facets } of parts) expect(core.length + facets.length).toBeLessThanOrEqual(64);
    expect(sums(parts).facets.pair.count).toBe(500);
  });

  test('folded rollups keep every sum and every series, and give up names', () => {
    const one = rollupOf([usageSample({ client: 'a' }), usageSample({ route: '/b', totalMs: 30 })]);
    const two = rollupOf([usageSample({ route: '/b', totalMs: 50 }), usageSample({ client: 'c' })]);
    const folded = MinuteRollup.folded(0, [one, two]);
    expect(folded.startMs).toBe(0);
    expect(folded.count).toBe(4);
    const parts = [...folded.parts(100)];
    const { core, facets } = sums(parts);
    expect(core).toMatchObject({ count: 4, bytes: 400, totalUs: 104_000 });
    expect(facets.client).toEqual(core);
    expect(parts[0]!.core.map(({ source, count }) => [parts[0]!.sources[source]!.route, count])).toEqual([
      ['/items/*', 2],
      ['/b', 2],
    ]);
    expect(folded.facetRows).toBe(0);
  });
});
