import { afterEach, describe, expect, test } from 'bun:test';
import { ok, startRawUpstream } from '../../../test/support/raw-upstream.ts';
import { isStaleGrant } from './transport.ts';
import { Caller, type CallFacts } from './upstream-call.fixture.ts';

const opened: Array<() => void> = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

describe('a grant that is no longer fresh when its request is about to be written', () => {
  test.each<[string, CallFacts]>([
    ['without a body', {}],
    ['with one', { method: 'POST', body: { kind: 'bytes', bytes: new TextEncoder().encode('{}') } }],
  ])('is not written, %s, nor counted as sent; the next one is', async (_name, facts) => {
    const upstream = await startRawUpstream((_request, socket) => void socket.write(ok('fine')));
    const caller = new Caller('paced', upstream.url);
    opened.push(() => {
      caller.close();
      upstream.stop();
    });
    caller.fresh = false;
    const failure = await caller.send(facts).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(isStaleGrant(failure)).toBe(true);
    expect(caller.sent).toBe(0);
    caller.fresh = true;
    expect((await caller.send(facts)).status).toBe(200);
    // The connection was there for the first; had a byte gone over it, the upstream would have seen a request more.
    expect(upstream.requests.length).toBe(1);
    expect(upstream.connections()).toBe(2);
    // As it is written and as it is answered: of the first, nothing was told later either.
    expect(caller.sent).toBe(2);
  });
});
