import { describe, expect, test } from 'bun:test';
import { ApiError } from '../../api/problem.ts';
import { afterEvent, etaLeftMs, NEW_LIFE, phaseOf } from './call-life.ts';
import { CallList, MOST_CALLS, MOST_UNDER_WAY, type Opener } from './call-list.ts';
import { shownBody } from './shown-body.ts';
import { waterfallOf } from './waterfall.ts';

const REQUEST = { route: '/proxy/score', method: 'GET', params: {}, headers: {} };
const ABOUT = { target: '/proxy/score?cpf=***', curl: { real: 'r', shown: 's' } };

const ANSWERED =
  'event: answered\ndata: {"at_ms":12,"status":200,"headers":[],"body":"","body_bytes":0,"body_cut":false,"timing":[],"cache":null}\n\n';

/** Streams that the test writes to, one for each request. */
function openStreams() {
  const writers: ((text: string | undefined) => void)[] = [];
  const open: Opener = (_request, signal) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        signal.addEventListener('abort', () => controller.error(signal.reason));
        writers.push((text) => {
          if (text === undefined) controller.close();
          else controller.enqueue(new TextEncoder().encode(text));
        });
      },
    });
    return Promise.resolve(new Response(body));
  };
  return { open, writers };
}

describe('a life', () => {
  test('goes from the queue to the answer', () => {
    let life = afterEvent(NEW_LIFE, 'accepted', '{"request_id":"a-1","upstream":"score","method":"GET"}', 0);
    expect(phaseOf(life)).toBe('sending');
    life = afterEvent(life, 'queued', '{"at_ms":20,"position":12,"eta_ms":12000}', 1_000);
    life = afterEvent(life, 'queued', '{"at_ms":1020,"position":11,"eta_ms":11000}', 2_000);
    expect([phaseOf(life), life.firstPosition, life.place?.position]).toEqual(['queued', 12, 11]);
    life = afterEvent(life, 'sent', '{"at_ms":11900}', 3_000);
    expect([phaseOf(life), life.sentAtMs]).toEqual(['sent', 11_900]);
    life = afterEvent(life, 'failed', '{"at_ms":12000,"code":"timeout"}', 4_000);
    expect(life.end).toEqual({ kind: 'failed', atMs: 12_000, code: 'timeout' });
    expect(afterEvent(life, 'sent', '{"at_ms":1}', 5_000)).toBe(life);
  });

  test('has an ETA that runs down between two events and never below nothing', () => {
    const place = { position: 3, etaMs: 3_000, toldAtMs: 1_000 };
    expect([1_000, 2_500, 9_000].map((now) => etaLeftMs(place, now))).toEqual([3_000, 1_500, 0]);
    expect(etaLeftMs({ ...place, etaMs: null }, 1_000)).toBeUndefined();
  });
});

describe('the list', () => {
  test('sends one again as it was, which is how the cache comes to answer', async () => {
    const { open, writers } = openStreams();
    const sent: unknown[] = [];
    const list = new CallList((request, signal) => {
      sent.push(request);
      return open(request, signal);
    });
    const request = { ...REQUEST, params: { cpf: '52998224725' }, client: 'demo', priority: 1 };
    const first = list.start(request, ABOUT);
    await Promise.resolve();
    writers[0]?.(ANSWERED);
    writers[0]?.(undefined);
    await first;
    const again = list.again(1);
    await Promise.resolve();
    writers[1]?.(ANSWERED);
    writers[1]?.(undefined);
    await again;
    expect(sent).toEqual([request, request]);
    expect(list.snapshot().map(({ id, target, client, priority }) => [id, target, client, priority])).toEqual(
      [
        [2, ABOUT.target, 'demo', 1],
        [1, ABOUT.target, 'demo', 1],
      ],
    );
    expect(list.again(99)).toBeUndefined();
  });

  test('follows several at once, newest first', async () => {
    const { open, writers } = openStreams();
    const list = new CallList(open);
    const ends = [list.start(REQUEST, ABOUT), list.start(REQUEST, ABOUT)];
    await Promise.resolve();
    writers[1]?.(ANSWERED);
    writers[1]?.(undefined);
    await ends[1];
    expect(list.snapshot().map(({ id, life }) => [id, phaseOf(life)])).toEqual([
      [2, 'answered'],
      [1, 'sending'],
    ]);
    writers[0]?.(undefined);
    await ends[0];
    const [, first] = list.snapshot();
    expect(first === undefined ? undefined : phaseOf(first.life)).toBe('refused');
    expect(list.underWay).toBe(0);
  });

  test('ends a request that is cancelled', async () => {
    const { open } = openStreams();
    const list = new CallList(open);
    const ended = list.start(REQUEST, ABOUT);
    list.cancel(1);
    await ended;
    expect(list.snapshot()[0]?.life.end).toEqual({ kind: 'cancelled' });
  });

  test('says why a request was refused', async () => {
    const error = new ApiError(409, 'conflict', 'x', 'y');
    const list = new CallList(() => Promise.reject(error));
    await list.start(REQUEST, ABOUT);
    expect(list.snapshot()[0]?.life.end).toEqual({ kind: 'refused', error });
  });

  test('is bounded, and keeps those under way rather than those that have ended', async () => {
    const { open, writers } = openStreams();
    const list = new CallList(open);
    const waiting = list.start(REQUEST, ABOUT);
    for (let index = 1; index < 30; index++) {
      const ended = list.start(REQUEST, ABOUT);
      await Promise.resolve();
      writers[index]?.(undefined);
      await ended;
    }
    expect(list.snapshot()).toHaveLength(MOST_CALLS);
    expect(list.snapshot().at(-1)?.id).toBe(1);
    list.clear();
    expect(list.snapshot().map(({ id }) => id)).toEqual([1]);
    list.cancel(1);
    await waiting;
  });

  test('takes no more than the gateway follows', async () => {
    const { open } = openStreams();
    const list = new CallList(open);
    const ends = Array.from({ length: MOST_UNDER_WAY }, () => list.start(REQUEST, ABOUT));
    expect(list.start(REQUEST, ABOUT)).toBeUndefined();
    for (const { id } of list.snapshot()) list.cancel(id);
    await Promise.all(ends);
    expect(list.underWay).toBe(0);
  });
});

test('the waterfall gives the gateway what queue and upstream leave', () => {
  const timing = [
    { name: 'queue', ms: 8_000 },
    { name: 'upstream', ms: 200 },
    { name: 'upstream', ms: 100 },
    { name: 'total', ms: 8_320 },
  ];
  expect(waterfallOf({ timing, at_ms: 8_320 })).toEqual({
    queueMs: 8_000,
    upstreamMs: 300,
    gatewayMs: 20,
    totalMs: 8_320,
  });
  expect(waterfallOf({ timing: [], at_ms: 5 })).toEqual({
    queueMs: 0,
    upstreamMs: 0,
    gatewayMs: 5,
    totalMs: 5,
  });
  expect(waterfallOf({ timing: timing.slice(0, 1), at_ms: 10 }).gatewayMs).toBe(0);
});

test('a body is laid out where it is JSON, and tells its code', () => {
  expect(shownBody('{"code":"circuit_open"}')).toEqual({
    text: '{\n  "code": "circuit_open"\n}',
    isJson: true,
    code: 'circuit_open',
  });
  expect(shownBody('{"cut')).toEqual({ text: '{"cut', isJson: false, code: undefined });
  expect(shownBody('12')).toEqual({ text: '12', isJson: true, code: undefined });
});
