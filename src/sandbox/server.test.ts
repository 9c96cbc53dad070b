import { afterEach, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { systemClock } from '../shared/clock.ts';
import { cpfAt } from '../shared/cpf.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './server.ts';

let running: Sandbox[] = [];

async function start(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({
    listen: { host: '127.0.0.1', port: 0 },
    clock: new VirtualClock(),
    externalFailRate: 0,
    externalLatencyMs: 0,
    ...options,
  });
  running.push(sandbox);
  return sandbox;
}

afterEach(async () => {
  await Promise.all(running.map((sandbox) => sandbox.stop()));
  running = [];
});

function score(sandbox: Sandbox, cpf: string, headers: Record<string, string> = { 'client-id': 'test' }) {
  return fetch(`${sandbox.url}/api/score?cpf=${cpf}`, { headers });
}

function process(sandbox: Sandbox, body: string) {
  return fetch(`${sandbox.url}/external-api/process`, { method: 'POST', body });
}

function putFaults(sandbox: Sandbox, faults: unknown) {
  return fetch(`${sandbox.url}/sandbox/faults`, { method: 'PUT', body: JSON.stringify(faults) });
}

/** Sends one request over a bare socket and tells what came back, and how the connection ended. */
function rawGet(sandbox: Sandbox, path: string, stopAfterMs?: number) {
  return new Promise<{ text: string; end: 'end' | 'reset' | 'open' }>((resolve) => {
    let text = '';
    const socket = connect(sandbox.port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: sandbox\r\nclient-id: raw\r\n\r\n`);
    });
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('end', () => resolve({ text, end: 'end' }));
    socket.on('error', () => resolve({ text, end: 'reset' }));
    if (stopAfterMs !== undefined) {
      systemClock.after(stopAfterMs, () => {
        resolve({ text, end: 'open' });
        socket.destroy();
      });
    }
  });
}

describe('GET /api/score', () => {
  test('answers the same score for the same CPF, however it is written', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock });
    const first = await score(sandbox, '12345678909');
    expect(first.status).toBe(200);
    expect(first.headers.get('cache-control')).toBeNull();
    const answer = (await first.json()) as { cpf: string; score: number; status: string };
    expect(answer).toMatchObject({ cpf: '12345678909', status: 'ok' });
    expect(answer.score).toBeWithin(0, 1_001);
    clock.advance(1_000);
    expect(await (await score(sandbox, '123.456.789-09')).json()).toEqual(answer);
    const other = await start();
    expect(await (await score(other, '12345678909')).json()).toEqual(answer);
  });

  test('a second call 50 ms later is refused, named and reported', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock });
    await score(sandbox, cpfAt(1));
    clock.advance(50);
    const refused = await score(sandbox, cpfAt(2), { 'client-id': 'another' });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('3');
    expect(await refused.json()).toEqual({
      error: 'rate_limit_exceeded',
      wait_ms: 2_950,
      message: 'Too many requests: wait 2950 ms before the next one.',
    });
    expect(sandbox.report()).toMatchObject({
      arrivalCount: 2,
      closestSpacingMs: 50,
      violations: 1,
      blockedForMs: 2_950,
      arrivals: [
        { atMs: 0, path: '/api/score', status: 200, violation: false },
        { atMs: 50, path: '/api/score', status: 429, violation: true },
      ],
    });
  });

  test('sees real time: two calls at once are closer than a second', async () => {
    const sandbox = await start({ clock: systemClock });
    const statuses = await Promise.all([score(sandbox, cpfAt(1)), score(sandbox, cpfAt(2))]);
    expect(statuses.map((answer) => answer.status).sort()).toEqual([200, 429]);
    const report = sandbox.report();
    expect(report.violations).toBe(1);
    expect(report.closestSpacingMs).toBeLessThan(1_000);
    expect(report.closestSpacingMs!).toBeCloseTo(report.arrivals[1]!.atMs - report.arrivals[0]!.atMs, 6);
  });

  test('every call is a violation until the penalty has passed', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock });
    const statuses: number[] = [];
    for (const stepMs of [0, 500, 2_499, 2_001, 1_000]) {
      clock.advance(stepMs);
      statuses.push((await score(sandbox, cpfAt(1))).status);
    }
    // At 0 and 500 ms; blocked to 3,000, then, after 2,999, to 5,000: 5,000 and 6,000 are allowed.
    expect(statuses).toEqual([200, 429, 429, 200, 200]);
  });

  test('refuses bad calls without repeating the CPF, and counts them as arrivals', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock });
    for (const [cpf, headers, error] of [
      ['12345678900', { 'client-id': 'x' }, 'invalid_cpf'],
      ['123', { 'client-id': 'x' }, 'invalid_cpf'],
      ['11111111111', { 'client-id': 'x' }, 'invalid_cpf'],
      ['12345678909', {}, 'missing_client_id'],
    ] as const) {
      const answer = await score(sandbox, cpf, { ...headers });
      expect(answer.status).toBe(400);
      const text = await answer.text();
      expect(JSON.parse(text).error).toBe(error);
      expect(text).not.toContain(cpf);
      clock.advance(1_000);
    }
    expect(sandbox.report()).toMatchObject({ arrivalCount: 4, violations: 0 });
  });

  test('a rate of its own holds', async () => {
    const sandbox = await start({ scoreRate: { count: 3, windowMs: 1_000 }, penaltyMs: 0 });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call++) statuses.push((await score(sandbox, cpfAt(call))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('the absolute form of a target does not slip past the judge', async () => {
    const sandbox = await start();
    await rawGet(sandbox, `http://sandbox/api/score?cpf=${cpfAt(1)}`, 100);
    expect(sandbox.report().arrivalCount).toBe(1);
  });
});

describe('/sandbox/report', () => {
  test('over HTTP is the report, and never holds a CPF', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock });
    const cpfs = [cpfAt(10), cpfAt(11), '12345678900'];
    for (const cpf of cpfs) {
      await score(sandbox, cpf);
      clock.advance(700.125);
    }
    const text = await (await fetch(`${sandbox.url}/sandbox/report`)).text();
    for (const cpf of cpfs) expect(text).not.toContain(cpf);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(sandbox.report())));
    expect(JSON.parse(text)).toMatchObject({
      startedAt: '2023-11-14T22:13:20.000Z',
      nowMs: 2_100.375,
      rate: { count: 1, windowMs: 1_000 },
      penaltyMs: 2_000,
      closestSpacingMs: 700.125,
      droppedArrivals: 0,
      totals: { score: { calls: 3, statuses: { 200: 1, 429: 2 } } },
    });
  });

  test('`since` leaves out what came before, `arrivals=false` the list', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock });
    await score(sandbox, cpfAt(1));
    clock.advance(10);
    await score(sandbox, cpfAt(2));
    clock.advance(9_990);
    const { nowMs } = sandbox.report();
    for (const stepMs of [0, 1_500]) {
      clock.advance(stepMs);
      await score(sandbox, cpfAt(3));
    }
    const query = async (search: string) => (await fetch(`${sandbox.url}/sandbox/report?${search}`)).json();
    const run = { arrivalCount: 2, closestSpacingMs: 1_500, violations: 0 };
    expect(await query(`since=${nowMs}`)).toMatchObject({
      ...run,
      arrivals: [{ atMs: 10_000 }, { atMs: 11_500 }],
    });
    expect(await query(`since=${nowMs}&arrivals=false`)).toMatchObject({ ...run, arrivals: [] });
    expect(await query('arrivals=false')).toMatchObject({
      arrivalCount: 4,
      closestSpacingMs: 10,
      violations: 1,
      arrivals: [],
    });
    for (const bad of ['since=x', 'since=-1', 'since=', 'arrivals=maybe']) {
      expect((await fetch(`${sandbox.url}/sandbox/report?${bad}`)).status).toBe(400);
    }
  });

  test('DELETE forgets arrivals, penalties and totals', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock });
    await score(sandbox, cpfAt(1));
    await score(sandbox, cpfAt(2));
    clock.advance(5);
    expect((await fetch(`${sandbox.url}/sandbox/report`, { method: 'DELETE' })).status).toBe(204);
    expect(sandbox.report()).toMatchObject({
      nowMs: 0,
      arrivalCount: 0,
      violations: 0,
      closestSpacingMs: null,
    });
    expect((await score(sandbox, cpfAt(3))).status).toBe(200);
    expect(sandbox.report().totals.score).toEqual({ calls: 1, statuses: { 200: 1 } });
  });
});

describe('POST /external-api/process', () => {
  test('gives back what it received', async () => {
    const sandbox = await start();
    const answer = await process(sandbox, '{"name":"Ana","list":[1]}');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      processed: true,
      received: { name: 'Ana', list: [1] },
      id: 'ext-1',
    });
  });

  test('fails at its rate', async () => {
    const points = [0.1, 0.9, 0.29, 0.9, 0.3, 0.9];
    const sandbox = await start({ externalFailRate: 0.3, random: { next: () => points.shift()! } });
    const statuses: number[] = [];
    for (let call = 0; call < 3; call++) statuses.push((await process(sandbox, '{}')).status);
    expect(statuses).toEqual([500, 500, 200]);
    expect(sandbox.report().totals.external).toEqual({ calls: 3, statuses: { 200: 1, 500: 2 } });
  });

  test('takes its time', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock, externalLatencyMs: 5_000 });
    const pending = process(sandbox, '{}');
    while (clock.nextDueAt() === undefined) await Bun.sleep(1);
    expect(clock.nextDueAt()).toBe(5_000);
    clock.advance(5_000);
    expect((await pending).status).toBe(200);
  });

  test('refuses what is not JSON or too large', async () => {
    const sandbox = await start();
    expect((await process(sandbox, '{"half":')).status).toBe(400);
    expect((await process(sandbox, '')).status).toBe(400);
    expect((await process(sandbox, JSON.stringify('x'.repeat(1_048_576)))).status).toBe(413);
  });
});

describe('other paths', () => {
  test('the catalogue is deterministic and knows its ETags', async () => {
    const sandbox = await start();
    for (const path of ['/items/MLB1', '/categories/MLB1000', '/sites/MLB', '/sites/MLB/search/x']) {
      const first = await fetch(sandbox.url + path);
      expect(first.status).toBe(200);
      const etag = first.headers.get('etag')!;
      expect(etag).toMatch(/^"[0-9a-f]{8}"$/);
      expect(await (await fetch(sandbox.url + path)).text()).toBe(await first.text());
      const again = await fetch(sandbox.url + path, { headers: { 'if-none-match': `"x", W/${etag}` } });
      expect(again.status).toBe(304);
      expect(again.headers.get('etag')).toBe(etag);
    }
  });

  test('unknown paths are 404 and wrong methods 405', async () => {
    const sandbox = await start();
    for (const path of ['/', '/items', '/items/1/2', '/api', '/sandbox/nothing', '/sitesX/1']) {
      const answer = await fetch(sandbox.url + path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ error: 'not_found' });
    }
    for (const [path, method, allow] of [
      ['/api/score', 'POST', 'GET'],
      ['/external-api/process', 'GET', 'POST'],
      ['/items/1', 'DELETE', 'GET, HEAD'],
      ['/sandbox/report', 'PUT', 'GET, DELETE'],
      ['/sandbox/faults', 'POST', 'GET, PUT, DELETE'],
    ] as const) {
      const answer = await fetch(sandbox.url + path, { method });
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, allow]);
    }
    expect(sandbox.report().arrivalCount).toBe(0);
  });
});

describe('/sandbox/faults', () => {
  test('are set, shown and cleared', async () => {
    const sandbox = await start();
    const faults = { failureRate: 1, status: 429, retryAfterSeconds: 3, path: '/items' };
    expect(await (await putFaults(sandbox, faults)).json()).toEqual(faults);
    expect(await (await fetch(`${sandbox.url}/sandbox/faults`)).json()).toEqual(faults);
    const struck = await fetch(`${sandbox.url}/items/1`);
    expect([struck.status, struck.headers.get('retry-after')]).toEqual([429, '3']);
    expect((await fetch(`${sandbox.url}/categories/1`)).status).toBe(200);
    expect((await fetch(`${sandbox.url}/sandbox/faults`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(`${sandbox.url}/items/1`)).status).toBe(200);
  });

  test('bad settings are refused by name and change nothing', async () => {
    const sandbox = await start();
    sandbox.setFaults({ latencyMs: 1 });
    const refused = await putFaults(sandbox, { failureRate: 2 });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: 'invalid_faults', field: 'failureRate' });
    const broken = await fetch(`${sandbox.url}/sandbox/faults`, { method: 'PUT', body: '{' });
    expect(await broken.json()).toMatchObject({ field: 'body' });
    expect(await (await fetch(`${sandbox.url}/sandbox/faults`)).json()).toEqual({ latencyMs: 1 });
    expect(() => sandbox.setFaults({ hangRate: 2 })).toThrow(/hangRate/);
  });

  test('a hang never answers', async () => {
    const sandbox = await start();
    sandbox.setFaults({ hangRate: 1 });
    expect(await rawGet(sandbox, `/api/score?cpf=${cpfAt(1)}`, 150)).toEqual({ text: '', end: 'open' });
    expect(sandbox.report().arrivals).toEqual([
      { atMs: 0, path: '/api/score', status: null, violation: false },
    ]);
  });

  test('a reset kills the connection without an answer', async () => {
    const sandbox = await start();
    sandbox.setFaults({ resetRate: 1 });
    expect(await rawGet(sandbox, '/items/1')).toEqual({ text: '', end: 'reset' });
    expect(sandbox.report().totals.catalog).toEqual({ calls: 1, statuses: { none: 1 } });
  });

  test('a truncation promises more than it sends', async () => {
    const sandbox = await start();
    sandbox.setFaults({ truncateRate: 1 });
    const { text, end } = await rawGet(sandbox, '/items/1');
    expect(end).toBe('end');
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toStartWith('HTTP/1.1 200');
    const promised = Number(/content-length: (\d+)/i.exec(head)![1]);
    expect(body.length).toBeGreaterThan(0);
    expect(body.length).toBeLessThan(promised);
    await expect(fetch(`${sandbox.url}/items/1`).then((answer) => answer.text())).rejects.toThrow();
  });

  test('latency delays an answer; a caller that leaves takes its timer along', async () => {
    const clock = new VirtualClock();
    const sandbox = await start({ clock });
    sandbox.setFaults({ latencyMs: 250 });
    const pending = fetch(`${sandbox.url}/items/1`);
    while (clock.timers === 0) await Bun.sleep(1);
    expect(clock.nextDueAt()).toBe(250);
    clock.advance(250);
    expect((await pending).status).toBe(200);
    await rawGet(sandbox, '/items/1', 50);
    while (clock.timers > 0) await Bun.sleep(1);
    expect(sandbox.report().totals.catalog).toEqual({ calls: 2, statuses: { 200: 1, none: 1 } });
  });

  test('the verdict goes before the faults', async () => {
    const sandbox = await start();
    sandbox.setFaults({ failureRate: 1 });
    expect((await score(sandbox, cpfAt(1))).status).toBe(500);
    expect((await score(sandbox, cpfAt(1))).status).toBe(429);
  });
});

test('a port in use is a rejection with the system’s code', async () => {
  const { port } = await start();
  await expect(start({ listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('stop ends hanging calls and frees the port', async () => {
  const sandbox = await start();
  sandbox.setFaults({ hangRate: 1 });
  const hanging = rawGet(sandbox, '/items/1');
  while (sandbox.report().totals.catalog.calls === 0) await Bun.sleep(1);
  await sandbox.stop();
  expect((await hanging).text).toBe('');
  const again = await start({ listen: { host: '127.0.0.1', port: sandbox.port } });
  expect((await fetch(`${again.url}/items/1`)).status).toBe(200);
});
