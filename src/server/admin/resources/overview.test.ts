import { expect, test } from 'bun:test';
import { Fixture } from '../ports.fixture.ts';

test('everything at a glance', async () => {
  const fixture = new Fixture();
  const usage = fixture.recorder.series('/proxy/score', 'score');
  const finished = {
    bytes: 10,
    totalMs: 4,
    queueMs: undefined,
    upstreamMs: undefined,
    attempts: 1,
    cache: 'none',
    errorCode: undefined,
  } as const;
  fixture.recorder.record(usage, { ...finished, outcome: 'success', status: 200 });
  fixture.recorder.record(usage, { ...finished, outcome: 'refused', status: 503 });
  fixture.recorder.inFlight = 3;
  fixture.score.call('goes');
  fixture.score.call('waits');
  fixture.clock.advance(200);
  const { status, json } = await fixture.call('GET', '/overview');
  expect(status).toBe(200);
  expect(json).toMatchObject({
    version: '0.1.0',
    environment: 'test',
    uptime_ms: 6_200,
    started_at: new Date(fixture.clock.wallNow() - 6_200).toISOString(),
    totals: { requests: 2, successes: 1, failures: 1, in_flight: 3, waiting: 1, running: 1 },
    ledger: { status: 'ok', pending_rows: 0, pending_changes: 0, since: null, reason: null },
    readiness: { status: 'ready', reasons: [] },
    denied_clients: 0,
  });
  expect(json.totals.latency_ms.average).toBe(4);
  const [score] = json.upstreams;
  expect(score).toMatchObject({
    name: 'score',
    paced: true,
    waiting: 1,
    waiting_by_urgency: [0, 0, 0, 1, 0, 0, 0, 0],
    drained_in_ms: 820,
    running: 1,
    oldest_wait_ms: 200,
    next_slot_in_ms: 820,
  });
});

test('a ledger that is away is told with its reason', async () => {
  const fixture = new Fixture();
  fixture.ledgerStatus = { kind: 'degraded', pendingRows: 7, sinceMs: 9_000, reason: 'connection refused' };
  fixture.readiness = { kind: 'degraded', reasons: ['the ledger is away'] };
  const { json } = await fixture.call('GET', '/overview');
  expect(json.ledger).toEqual({
    status: 'degraded',
    pending_rows: 7,
    pending_changes: 0,
    since: new Date(fixture.clock.wallNow() - 1_000).toISOString(),
    reason: 'connection refused',
  });
  expect(json.readiness).toEqual({ status: 'degraded', reasons: ['the ledger is away'] });
});
