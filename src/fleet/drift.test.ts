import { afterAll, describe, expect, test } from 'bun:test';
import { ConfigFolder } from '../config/config-file.fixture.ts';
import { LONGEST_TEXT } from '../state/redis/fleet/registry.ts';
import { agreementOf } from './agreement.ts';
import { driftOf, strayNodes } from './drift.ts';
import { tellFacts } from './node-facts.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

const agreement = (upstream: string, rest = '') =>
  agreementOf(
    folder.loaded(
      `${rest}\nupstreams:\n  score: { url: "http://a.test", ${upstream} }\nroutes: [{ path: /a, upstream: score }]\n`,
    ).config,
  );

describe('what must agree', () => {
  test('limits are told in words, and the hash is that of the whole', () => {
    const one = agreement('limits: ["1 per 1s", "1000 per 1d"], concurrency: 4');
    expect(one.parts).toMatchObject({
      'upstreams.score.limits': '1 per 1s, 1000 per 1d',
      'upstreams.score.concurrency': '4',
      'upstreams.score.breaker': 'none',
    });
    expect(one.hash).toMatch(/^[0-9a-f]{12}$/);
  });

  test('the same configuration in another order is the same', () => {
    const one = agreement('limits: ["1 per 1s"], queue: { policy: fifo, max_size: 7 }');
    const other = agreement('queue: { max_size: 7, policy: fifo }, limits: ["1 per 1s"]');
    expect(one).toEqual(other);
  });

  test.each([
    ['limits: ["2 per 1s"]', ['upstreams.score.guard', 'upstreams.score.limits']],
    ['limits: ["1 per 1s"], concurrency: 2', ['upstreams.score.concurrency']],
    ['limits: ["1 per 1s"], breaker: { consecutive: 9 }', ['upstreams.score.breaker']],
    ['limits: ["1 per 1s"], queue: { max_size: 9 }', ['upstreams.score.queue']],
  ])('%s differs in %p', (written, paths) => {
    const usual = agreement('limits: ["1 per 1s"]');
    const drift = driftOf([
      { id: 'a', agreement: usual.parts },
      { id: 'b', agreement: agreement(written).parts },
    ]).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(drift));
    expect(drift.length).toBeGreaterThan(0);
  });

  test('where it listens, what it logs and its secrets do not matter', () => {
    const usual = agreement('limits: ["1 per 1s"]');
    const other = agreement(
      'limits: ["1 per 1s"]',
      'listen: ":9"\nlog: { level: debug }\nadmin: { token: hunter2hunter2 }\nstate: "redis://:hunter2@r.test"',
    );
    expect(other).toEqual(usual);
  });

  test('of very many upstreams the rest is one hash', () => {
    const many = Array.from({ length: 300 }, (_, index) => `  u${index}: { url: "http://a.test" }`).join(
      '\n',
    );
    const { parts } = agreementOf(folder.loaded(`upstreams:\n${many}\nroutes: []\n`).config);
    expect(parts['upstreams (others)']).toMatch(/^[0-9a-f]{12}$/);
    expect(JSON.stringify(parts).length).toBeLessThan(65_536);
  });

  test('what a node says of itself fits into the registry, however long the names and limits of its upstreams', () => {
    const upstream =
      '{ url: "http://a.test", limits: ["100 per 1s", "5000 per 1h", "100000 per 1d"], concurrency: 8, breaker: { consecutive: 5 } }';
    const names = Array.from({ length: 200 }, (_, index) => `credit-bureau-partner-${index}`);
    const many = (count: number) =>
      names
        .slice(0, count)
        .map((name) => `  ${name}: ${upstream}`)
        .join('\n');
    const configOf = (count: number) => folder.loaded(`upstreams:\n${many(count)}\nroutes: []\n`).config;
    const { hash, parts } = agreementOf(configOf(200));
    const node = {
      host: 'h'.repeat(255),
      pid: 1,
      version: '1',
      startedAtMs: 0,
      url: 'http://a.test',
      adminUrl: undefined,
    };
    expect(tellFacts({ ...node, agreement: parts }).length).toBeLessThanOrEqual(LONGEST_TEXT);
    expect(parts['upstreams.credit-bureau-partner-0.limits']).toContain('5000 per 1h');
    // One that is not told by itself matters all the same.
    expect(parts['upstreams (others)']).not.toBe(agreementOf(configOf(199)).parts['upstreams (others)']);
    expect(hash).not.toBe(agreementOf(configOf(199)).hash);
  });
});

describe('drift', () => {
  const node = (id: string, limits: string) => ({
    id,
    agreement: { routes: 'r', 'upstreams.s.limits': limits },
  });

  test('there is none among the same', () => {
    expect(driftOf([node('a', '1 per 1s'), node('b', '1 per 1s')])).toEqual([]);
    expect(driftOf([])).toEqual([]);
  });

  test('tells what there is and who has it, the most common first', () => {
    const drifts = driftOf([node('a', '2 per 1s'), node('b', '1 per 1s'), node('c', '1 per 1s')]);
    expect(drifts).toEqual([
      {
        path: 'upstreams.s.limits',
        values: [
          { value: '1 per 1s', nodes: ['b', 'c'] },
          { value: '2 per 1s', nodes: ['a'] },
        ],
      },
    ]);
    expect([...strayNodes(drifts, 'a')]).toEqual(['a']);
  });

  test('of two halves, the other one strays', () => {
    const drifts = driftOf([node('a', '2 per 1s'), node('b', '1 per 1s')]);
    expect([...strayNodes(drifts, 'a')]).toEqual(['b']);
    expect([...strayNodes(drifts, 'b')]).toEqual(['a']);
  });

  test('an upstream that one node does not have is drift', () => {
    const drifts = driftOf([node('a', '1 per 1s'), { id: 'b', agreement: { routes: 'r' } }]);
    expect(drifts[0]?.values).toEqual([
      { value: '1 per 1s', nodes: ['a'] },
      { value: undefined, nodes: ['b'] },
    ]);
  });
});
