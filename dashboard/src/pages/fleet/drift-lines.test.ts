import { expect, test } from 'bun:test';
import type { FleetNode } from '../../api/types.ts';
import { driftLines, nodeName } from './drift-lines.ts';

const node = (id: string, host: string | null): FleetNode => ({
  id,
  is_self: false,
  host,
  pid: host === null ? null : 7,
  version: null,
  started_at: null,
  url: null,
  admin_url: null,
  age_ms: 0,
  config_hash: '',
  drifts: false,
  requests: 0,
  successes: 0,
  requests_per_second: 0,
  in_flight: 0,
  waiting: 0,
  running: 0,
});

test('limits come first, and nodes have their names', () => {
  const drift = [
    {
      path: 'routes',
      values: [
        { value: 'a1', nodes: ['n1'] },
        { value: null, nodes: ['n2'] },
      ],
      strictest_holds: false,
    },
    {
      path: 'upstreams.score.limits',
      values: [
        { value: '1 per 1s', nodes: ['n1', 'gone'] },
        { value: '2 per 1s', nodes: ['n2'] },
      ],
      strictest_holds: true,
    },
  ];
  const lines = driftLines(drift, [node('n1', 'alpha'), node('n2', null)]);
  expect(lines.map(({ path }) => path)).toEqual(['upstreams.score.limits', 'routes']);
  expect(lines[0]!.values).toEqual([
    { value: '1 per 1s', count: 2, names: ['alpha:7', 'gone'], more: 0 },
    { value: '2 per 1s', count: 1, names: ['n2'], more: 0 },
  ]);
});

test('of very many nodes only some are named', () => {
  const ids = Array.from({ length: 50 }, (_, index) => `n${index}`);
  const [line] = driftLines(
    [{ path: 'p', values: [{ value: 'x', nodes: ids }], strictest_holds: false }],
    [],
  );
  expect(line!.values[0]).toMatchObject({ count: 50, names: ['n0', 'n1', 'n2', 'n3', 'n4'], more: 45 });
});

test('one that has not told yet goes by its id', () => {
  expect([nodeName(node('n1', null)), nodeName(node('n1', 'beta'))]).toEqual(['n1', 'beta:7']);
});
