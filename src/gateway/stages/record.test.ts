import { expect, test } from 'bun:test';
import { GatewayError } from '../../shared/errors.ts';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import { UsageRecorder } from '../../usage/recorder.ts';
import { StreamBody } from '../body.ts';
import { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import type { Route } from '../route.ts';
import type { Handler } from '../stage.ts';
import { type CommandReport, type FinishedNotes, recordStage } from './record.ts';

const ok: Reply = { status: 200, headers: [], body: new Uint8Array(5), origin: 'upstream' };

function recorded(
  next: Handler,
  {
    envelope,
    successes = true,
    tail,
    clock = new VirtualClock(),
  }: { envelope?: 'status'; successes?: boolean; tail?: FinishedNotes; clock?: VirtualClock } = {},
) {
  const recorder = new UsageRecorder();
  const reports: CommandReport[] = [];
  const route = {
    config: { path: '/r', envelope },
    upstream: { name: 'u' },
    label: '/r',
  } as unknown as Route;
  const reporter = { successes, report: (report: CommandReport) => void reports.push(report) };
  const handle = recordStage(route, { clock, recorder, ledger: undefined, tail, reporter })(next);
  const abort = new AbortController();
  const command = new Command({
    path: '/',
    clientId: undefined,
    id: 'r-1',
    route,
    method: 'GET',
    target: '/',
    params: {},
    incoming: new Headers(),
    body: { kind: 'none' },
    client: 'c',
    ip: '1.1.1.1',
    urgency: 3,
    arrivedAtMs: 0,
    deadlineMs: 1_000,
    abort,
  });
  return { handle, command, clock, recorder, reports, abort, usage: recorder.series('/r', 'u') };
}

test('an answer at hand is recorded without a promise, and is the very same object', () => {
  const { handle, command, clock, usage, recorder } = recorded(() => ok);
  clock.advance(7);
  expect(handle(command)).toBe(ok);
  expect(usage.total).toBe(1);
  expect(usage.outcomes.success).toBe(1);
  expect(usage.bytes).toBe(5);
  expect(usage.totalMs.averageMs).toBe(7);
  expect(recorder.inFlight).toBe(0);
});

test('a refusal becomes a problem answer and is counted by its code', async () => {
  for (const next of [
    () => {
      throw new GatewayError('queue_full', { detail: 'full' });
    },
    () => Promise.reject(new GatewayError('queue_full', { detail: 'full' })),
  ]) {
    const { handle, command, usage, recorder } = recorded(next);
    const reply = await handle(command);
    expect(reply.status).toBe(503);
    expect(usage.outcomes.refused).toBe(1);
    expect(usage.errors.get('queue_full')).toBe(1);
    expect(recorder.inFlight).toBe(0);
  }
});

test('a defect is answered as internal, without its message', async () => {
  const { handle, command, reports } = recorded(() => {
    throw new TypeError('secret detail');
  });
  const reply = await handle(command);
  expect(reply.status).toBe(500);
  expect(new TextDecoder().decode(reply.body as Uint8Array)).not.toContain('secret detail');
  expect(reports[0]?.error?.cause).toBeInstanceOf(TypeError);
});

test('a client that left is no failure of anybody’s', async () => {
  const { handle, command, abort, usage } = recorded(async () => {
    abort.abort();
    throw abort.signal.reason;
  });
  await handle(command);
  expect(usage.outcomes.client_gone).toBe(1);
  expect(usage.errors.size).toBe(0);
});

test('a streamed answer ends when its last byte has gone, and as what it came to', async () => {
  for (const [pieces, outcome] of [
    [['a', 'b'], 'success'],
    [['a', new Error('reset')], 'truncated'],
  ] as const) {
    const left: unknown[] = [...pieces];
    const body = new StreamBody({
      read: async () => {
        const piece = left.shift();
        if (piece instanceof Error) throw piece;
        return piece === undefined ? undefined : new TextEncoder().encode(piece as string);
      },
      cancel: () => {},
    });
    const { handle, command, usage, recorder } = recorded(() => ({ ...ok, body }));
    handle(command);
    expect(usage.total).toBe(0);
    expect(recorder.inFlight).toBe(1);
    await new Response(body.toStream()).text().catch(() => {});
    expect(usage.outcomes[outcome]).toBe(1);
    expect(recorder.inFlight).toBe(0);
  }
});

test('successes are reported only where they are asked for', () => {
  const quiet = recorded(() => ok, { successes: false });
  quiet.handle(quiet.command);
  expect(quiet.reports).toHaveLength(0);
  const loud = recorded(() => ok);
  loud.handle(loud.command);
  expect(loud.reports).toHaveLength(1);
});

test('in the envelope an answer of the upstream is counted by the upstream’s own status', async () => {
  const bad: Reply = { status: 500, headers: [], body: undefined, origin: 'upstream' };
  const { handle, command, usage } = recorded(() => bad, { envelope: 'status' });
  const reply = await handle(command);
  expect(reply.status).toBe(500);
  expect(JSON.parse(new TextDecoder().decode(reply.body as Uint8Array))).toEqual({
    status: 'error',
    message: 'External service answered with status 500.',
  });
  expect(usage.outcomes.upstream_error).toBe(1);
});

test('every end is noted once for those who look, with the path and the id of the request', async () => {
  const clock = new VirtualClock(500);
  const notes: unknown[] = [];
  const tail: FinishedNotes = {
    note: ({ outcome, totalMs }, ...rest) => void notes.push([outcome, totalMs, ...rest]),
  };
  const answers: Handler[] = [
    () => ok,
    async () => ok,
    () => {
      throw new GatewayError('queue_full', { detail: 'full' });
    },
  ];
  for (const next of answers) {
    const { command, handle } = recorded(next, { tail, clock });
    await handle(command);
  }
  expect(notes).toEqual([
    ['success', 500, 'r-1', '/', 3, 500],
    ['success', 500, 'r-1', '/', 3, 500],
    ['refused', 500, 'r-1', '/', 3, 500],
  ]);
});
