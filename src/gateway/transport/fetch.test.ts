import { expect, test } from 'bun:test';
import { ok, startRawUpstream } from '../../../test/support/raw-upstream.ts';
import { Caller, textOf } from './upstream-call.fixture.ts';

test('the answer to TRACE has a body: fetch would drop it', async () => {
  const upstream = await startRawUpstream((_request, socket) => void socket.write(ok('TRACE / HTTP/1.1')));
  const caller = new Caller('fetch', upstream.url);
  try {
    expect(await textOf(await caller.send({ method: 'TRACE' }))).toBe('TRACE / HTTP/1.1');
    expect(upstream.requests[0]!.method).toBe('TRACE');
  } finally {
    caller.close();
    upstream.stop();
  }
});
