import { afterEach, describe, expect, test } from 'bun:test';
import { ok, startRawUpstream } from '../../../test/support/raw-upstream.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { StreamBody } from '../body.ts';
import { Caller, eventually, slowStreamOf, WatchedSignal, type Way } from './upstream-call.fixture.ts';

/** Clients that are slow, or stand still, with a body in either direction. */

const opened: Array<() => void> = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

async function setUp(
  way: Way,
  answer: string | undefined,
  more: ConstructorParameters<typeof Caller>[2] = {},
) {
  const upstream = await startRawUpstream((_request, socket) => {
    if (answer !== undefined) socket.write(answer, 'latin1');
  });
  const caller = new Caller(way, upstream.url, more);
  opened.push(() => {
    caller.close();
    upstream.stop();
  });
  return { upstream, caller };
}

const WAYS: Way[] = ['paced', 'exact', 'fetch'];

describe.each(WAYS)('%s', (way) => {
  test('a body that comes slowly uses up no time of the upstream', async () => {
    const { caller, upstream } = await setUp(way, ok('{}'));
    const body = slowStreamOf(['a', 'b', 'c', 'd'], 60);
    expect((await caller.send({ method: 'POST', body, timeoutMs: 100 })).status).toBe(200);
    expect(upstream.requests[0]!.body).toBe('abcd');
  });

  test('a client that stops sending its body ends the call, and is told; the upstream is not blamed', async () => {
    const client = new WatchedSignal();
    const { caller } = await setUp(way, undefined, { clientIdleMs: 80 });
    const body = slowStreamOf(['a', 'b'], 60_000);
    const error = await caller
      .send({ method: 'POST', body, signal: client.signal })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error.code).toBe('invalid_request');
    expect(client.listeners).toBe(0);
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });

  test('a client that stops reading a streamed answer ends the call: it would hold its slot for ever', async () => {
    const { caller } = await setUp(way, ok('x'.repeat(200_000)), {
      bufferBytes: 1_000,
      clientIdleMs: 80,
    });
    const reply = await caller.send();
    const body = reply.body as StreamBody;
    const ends: string[] = [];
    body.onEnd((end) => ends.push(end));
    const reader = body.toStream().getReader();
    await reader.read();
    expect(await eventually(() => ends.length > 0)).toBe(true);
    expect(ends).toEqual(['cancelled']);
    // And its own connection is reset, not left hanging.
    expect(await reader.read().catch((error: unknown) => error)).toBeInstanceOf(Error);
    expect(await eventually(() => caller.pool.counts.open === 0)).toBe(true);
  });
});
