import { expect, test } from 'bun:test';
import { StreamBody } from '../gateway/body.ts';
import type { Reply } from '../gateway/reply.ts';
import { commandOf } from '../gateway/transport/upstream-call.fixture.ts';
import { addressSet } from '../shared/ip.ts';
import { systemRandom } from '../shared/random.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { UsageRecorder } from '../usage/recorder.ts';
import { Edge, type ServedRoute } from './edge.ts';
import { IDLE_SECONDS } from './listener.ts';
import { RequestIds } from './request-id.ts';

/** An edge whose only route gives `reply` after a turn, and the idle times that its connection was set to. */
function edgeOf(reply: Reply) {
  const recorder = new UsageRecorder();
  const route = {
    config: { path: '/*', methods: ['*'] },
    upstream: { name: 'u' },
    label: '/*',
    admit: () => commandOf(),
    handle: async () => reply,
    bodyRules: { maxBytes: 100, bufferBytes: 100, hold: false, json: false },
    usage: recorder.series('/*', 'u'),
  } as unknown as ServedRoute;
  const edge = new Edge({
    clock: new VirtualClock(),
    ids: new RequestIds(systemRandom),
    routes: [route],
    pages: new Map(),
    recorder,
    ledger: undefined,
    trustedProxies: addressSet([]),
    onRefusal: () => {},
  });
  const idleSeconds: number[] = [];
  const connections = {
    requestIP: () => null,
    timeout: (_request: Request, seconds: number) => void idleSeconds.push(seconds),
  };
  const serve = async (init?: RequestInit) => edge.serve(new Request('http://gw/x', init), connections);
  return { serve, idleSeconds };
}

test('a connection that waited is closed when it falls idle after its answer: it stayed open for ever', async () => {
  const { serve, idleSeconds } = edgeOf({ status: 204, headers: [], body: undefined, origin: 'upstream' });
  await serve();
  expect(idleSeconds).toEqual([0, IDLE_SECONDS]);
});

test('while an answer streams the connection is not idle, afterwards it may be', async () => {
  let left = 1;
  const body = new StreamBody({
    read: async () => (left-- > 0 ? new Uint8Array(3) : undefined),
    cancel: () => {},
  });
  const { serve, idleSeconds } = edgeOf({ status: 200, headers: [], body, origin: 'upstream' });
  const response = await serve();
  expect(idleSeconds).toEqual([0]);
  expect((await response.bytes()).byteLength).toBe(3);
  expect(idleSeconds).toEqual([0, IDLE_SECONDS]);
});
