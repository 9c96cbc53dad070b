import { expect, test } from 'bun:test';
import type { FleetView, NodeView } from '../../../fleet/fleet.ts';
import { fleetTotals } from '../../../fleet/fleet-totals.ts';
import { Histogram } from '../../../usage/histogram.ts';
import { Fixture } from '../ports.fixture.ts';

function nodeOf(id: string, change: Partial<NodeView> = {}): NodeView {
  const latency = new Histogram();
  for (let index = 0; index < 10; index++) latency.record(id === 'n1' ? 1 : 1_000);
  return {
    id,
    ageMs: 120.5,
    facts: {
      host: id === 'n1' ? 'beta' : 'alpha',
      pid: 7,
      version: '0.1.0',
      startedAtMs: 1_000,
      url: 'http://127.0.0.1:8000',
      adminUrl: undefined,
      agreement: {},
    },
    state: {
      configHash: 'abc',
      requests: 10,
      successes: 9,
      inFlight: 3,
      waiting: 2,
      running: 1,
      perSecond: 5,
      latency,
      gates: new Map(),
    },
    strays: false,
    ...change,
  };
}

const viewOf = (nodes: NodeView[], drift: FleetView['drift'] = []): FleetView => ({
  nodes,
  drift,
  totals: fleetTotals(nodes.map(({ state }) => state)),
});

test('one process alone is a fleet of one, in its own memory', async () => {
  const fixture = new Fixture();
  fixture.fleetView = viewOf([nodeOf('n1')]);
  const { status, json } = await fixture.call('GET', '/fleet');
  expect(status).toBe(200);
  expect(json).toMatchObject({
    name: 'comporta',
    self: 'n1',
    state: { kind: 'memory', status: 'ok', since: null, reason: null, server: null },
    nodes: [{ id: 'n1', is_self: true, host: 'beta', admin_url: null, age_ms: 120.5, drifts: false }],
    drift: [],
    totals: { requests: 10, successes: 9, failures: 1, waiting: 2, running: 1, requests_per_second: 5 },
  });
});

test('several are told in the order of their hosts, with sums, and percentiles of all requests together', async () => {
  const fixture = new Fixture();
  fixture.stateStatus = { kind: 'redis', up: true, sinceMs: 9_000, reason: undefined };
  fixture.stateServer = {
    version: '7.0.15',
    role: 'master',
    commandsPerSec: 12,
    usedMemoryBytes: 1_000,
    maxMemoryBytes: undefined,
    uptimeMs: 5_000,
  };
  const values = [
    { value: '1 per 1s', nodes: ['n1'] },
    { value: undefined, nodes: ['n2'] },
  ];
  const drift = [
    { path: 'upstreams.score.limits', values },
    { path: 'routes', values },
  ];
  fixture.fleetView = viewOf([nodeOf('n1'), nodeOf('n2', { strays: true })], drift);
  const { json } = await fixture.call('GET', '/fleet');
  expect(json.nodes.map(({ id, drifts }: { id: string; drifts: boolean }) => [id, drifts])).toEqual([
    ['n2', true],
    ['n1', false],
  ]);
  expect(json.totals).toMatchObject({ requests: 20, in_flight: 6, requests_per_second: 10 });
  expect(json.totals.latency_ms.p99).toBeGreaterThan(800);
  expect(json.totals.latency_ms.average).toBeCloseTo(500.5, 1);
  expect(json.state.server).toMatchObject({
    version: '7.0.15',
    commands_per_second: 12,
    max_memory_bytes: null,
  });
  expect(json.drift.map(({ strictest_holds: holds }: { strictest_holds: boolean }) => holds)).toEqual([
    true,
    false,
  ]);
  expect(json.drift[0].values[1]).toEqual({ value: null, nodes: ['n2'] });
});

test('while Redis is away this process is listed alone, and it is said why', async () => {
  const fixture = new Fixture();
  fixture.fleetView = viewOf([nodeOf('n1')]);
  fixture.stateStatus = { kind: 'redis', up: false, sinceMs: 9_000, reason: 'Redis is loading its data' };
  const { json } = await fixture.call('GET', '/fleet');
  expect(json).toMatchObject({
    state: { status: 'away', reason: 'Redis is loading its data', server: null },
    nodes: [{ id: 'n1', is_self: true }],
    totals: { requests: 10 },
  });
});

test('a node that has not told anything yet is there all the same', async () => {
  const fixture = new Fixture();
  fixture.fleetView = viewOf([nodeOf('n2', { facts: undefined })]);
  const [node] = (await fixture.call('GET', '/fleet')).json.nodes;
  expect(node).toMatchObject({
    id: 'n2',
    is_self: false,
    host: null,
    pid: null,
    started_at: null,
    url: null,
  });
});

test('whoever asks for the overview or follows what happens gets that of all nodes', async () => {
  const fixture = new Fixture();
  fixture.fleetSummary = { nodes: 3, drift: true };
  await fixture.call('GET', '/overview');
  const { json } = await fixture.call('GET', '/live');
  expect(fixture.fleetAsked).toEqual(['refresh', 'prepare']);
  expect(json.state).toMatchObject({
    fleet: { nodes: 3, drift: true },
    hot_state: { kind: 'memory', status: 'ok' },
  });
});
