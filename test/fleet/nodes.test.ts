import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { EventReader } from '../../src/server/admin/live/event-reader.fixture.ts';
import { cpfAt } from '../../src/shared/cpf.ts';
import { type FleetNode, startFleet, type TestFleet } from '../support/fleet.ts';
import { hasRedis } from '../support/redis.ts';
import { call, score, until } from '../support/score.ts';

/** Several really started processes: what each of them knows of all, and what holds on all. */
describe.skipIf(!hasRedis)('processes that share a Redis', () => {
  let fleet: TestFleet;
  let one: FleetNode;
  let other: FleetNode;

  beforeAll(async () => {
    fleet = await startFleet(2);
    [one, other] = fleet.nodes as [FleetNode, FleetNode];
  }, 30_000);
  afterAll(() => fleet.stop(), 30_000);

  // biome-ignore lint/suspicious/noExplicitAny: the answer's form is held by the schema's own tests
  const fleetOf = async (node: FleetNode): Promise<any> => (await node.admin.get('/fleet')).json;
  const seesNodes = async (node: FleetNode, count: number) => (await fleetOf(node)).nodes.length === count;

  test('they see each other, alike', async () => {
    for (const node of fleet.nodes) await until(() => seesNodes(node, 2));
    const [seen, elsewhere] = await Promise.all(fleet.nodes.map(fleetOf));
    expect(seen.nodes.map(({ pid }: { pid: number }) => pid).sort()).toEqual([one.pid, other.pid].sort());
    expect(seen.nodes.map(({ id }: { id: string }) => id)).toEqual(
      elsewhere.nodes.map(({ id }: { id: string }) => id),
    );
    expect(seen.nodes.find(({ is_self }: { is_self: boolean }) => is_self)).toMatchObject({
      pid: one.pid,
      url: one.url,
      admin_url: one.adminUrl,
      drifts: false,
    });
    expect(seen).toMatchObject({
      name: 'comporta',
      state: { kind: 'redis', status: 'ok', server: { role: 'master' } },
      drift: [],
    });
  }, 20_000);

  test('any of them answers for all: totals, and what happens live', async () => {
    const response = await fetch(`${one.adminUrl}/api/v1/live`);
    const reader = new EventReader(response);
    // Fast ones at one node, a slow one at the other.
    await Promise.all([
      ...Array.from({ length: 20 }, (_, index) => call(`${one.url}/ml/items/${index}`)),
      ...Array.from({ length: 30 }, (_, index) => call(`${other.url}/ml/items/${index}`)),
    ]);
    let requests = 0;
    let sends = 0;
    for (let frames = 0; frames < 10 && requests < 50; frames++) {
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const { event, data } = (await reader.next()) as any;
      for (const sample of event === 'snapshot' ? data.samples : [data.sample]) {
        requests += sample.requests;
        sends += sample.upstreams.mercadolibre.sends;
      }
      expect(data.state.fleet).toEqual({ nodes: 2, drift: false });
    }
    await reader.leave();
    expect([requests, sends]).toEqual([50, 50]);
    const overview = (await other.admin.get('/overview')).json;
    expect(overview.totals.requests).toBe(50);
    const upstream = overview.upstreams.find(({ name }: { name: string }) => name === 'mercadolibre');
    expect(upstream.counters.sent).toBe(50);
    expect((await fleetOf(one)).totals).toMatchObject({ requests: 50, failures: 0 });
    // Who scrapes both must not count anything twice.
    const scraped = await Promise.all(
      fleet.nodes.map(async ({ url }) => (await call(`${url}/metrics`)).json),
    );
    expect(scraped.map(({ total_requests }) => total_requests)).toEqual([20, 30]);
    expect(scraped[0].fleet).toMatchObject({ nodes: 2, state: 'ok' });
  }, 30_000);

  test('a pause on one holds on all, paced or not, and ends on all', async () => {
    for (const name of ['score', 'mercadolibre']) {
      const path = `/upstreams/${name}`;
      const pausedAt = async (node: FleetNode) => (await node.admin.get(path)).json.status.pause !== null;
      expect(
        (await one.admin.send('PATCH', path, { pause: { for: '1m', reason: 'maintenance' } })).status,
      ).toBe(200);
      await until(() => pausedAt(other), 2_000);
      expect((await other.admin.send('PATCH', path, { pause: null })).status).toBe(200);
      await until(async () => !(await pausedAt(one)), 2_000);
    }
  }, 20_000);

  test('a breaker that is forced open on one refuses on all', async () => {
    const forced = { state: 'open', for: '1m' };
    expect((await other.admin.send('POST', '/upstreams/score/breaker', forced)).status).toBe(200);
    let asked = 500;
    await until(async () => (await score(one.url, cpfAt(asked++))).json?.code === 'circuit_open', 5_000);
    expect((await one.admin.send('POST', '/upstreams/score/breaker', { state: 'reset' })).status).toBe(200);
    await until(async () => {
      const { status } = (await other.admin.get('/upstreams/score')).json;
      return status.breaker.state === 'closed';
    }, 3_000);
  }, 20_000);

  test('whichever is asked, the metrics of the fleet are the same within a second', async () => {
    const totalsAt = async ({ url }: FleetNode) => (await call(`${url}/metrics`)).json.fleet.totals;
    await call(`${one.url}/ml/items/1`);
    await call(`${other.url}/ml/items/2`);
    await until(async () => {
      const [here, there] = await Promise.all([totalsAt(one), totalsAt(other)]);
      const { totals } = await fleetOf(one);
      return [here, there].every(({ requests, successes }) => {
        return requests === totals.requests && successes === totals.successes && requests >= 2;
      });
    }, 3_000);
    const asText = { headers: { accept: 'text/plain' } };
    const text = await (await fetch(`${one.url}/metrics`, asText)).text();
    expect(text).toMatch(/^comporta_fleet_requests \d+$/m);
    expect(text).toContain('comporta_unshared_total{kind="beat_lost"} 0');
  }, 20_000);

  test('a rule that is made on one holds on the other within a second', async () => {
    const madeAtMs = performance.now();
    await one.admin.addRule({ id: 'no-items', path: '/ml/items/*', action: 'deny' });
    await until(async () => (await call(`${other.url}/ml/items/1`)).status === 403, 5_000);
    expect(performance.now() - madeAtMs).toBeLessThan(1_000);
  }, 20_000);

  test('one paces for all: calls that come to both are a second apart at the provider', async () => {
    const { arrivalCount } = await fleet.sandbox.report();
    const answers = await Promise.all([
      score(one.url, cpfAt(1)),
      score(other.url, cpfAt(2)),
      score(one.url, cpfAt(3)),
      score(other.url, cpfAt(4)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const report = await fleet.sandbox.report();
    expect(report.violations).toBe(0);
    expect(report.arrivalCount - arrivalCount).toBe(4);
    expect(report.closestSpacingMs!).toBeGreaterThanOrEqual(1_000);
  }, 20_000);

  test('another configuration is shown, by what differs and where', async () => {
    const third = await fleet.join([], { RATE_LIMIT_SECONDS: '2' });
    await until(async () => (await fleetOf(one)).drift.length > 0);
    const { nodes, drift } = await fleetOf(one);
    const limits = drift.find(({ path }: { path: string }) => path === 'upstreams.score.limits');
    const stray = nodes.find(({ pid }: { pid: number }) => pid === third.pid);
    expect(limits).toMatchObject({
      strictest_holds: true,
      values: [{ value: '1 per 1s' }, { value: '1 per 2s', nodes: [stray.id] }],
    });
    expect(nodes.filter(({ drifts }: { drifts: boolean }) => drifts)).toEqual([
      expect.objectContaining({ pid: third.pid }),
    ]);
    // A node that ends in order is gone at once; so is its configuration.
    third.kill('SIGTERM');
    await third.exited;
    expect((await fleetOf(one)).nodes).toHaveLength(2);
    expect((await fleetOf(one)).drift).toEqual([]);
  }, 30_000);

  test('a node that was killed is gone after a while', async () => {
    const third = await fleet.join();
    await until(() => seesNodes(one, 3));
    third.kill('SIGKILL');
    await third.exited;
    await until(() => seesNodes(one, 2), 15_000);
  }, 40_000);
});
