import { afterEach, expect, test } from 'bun:test';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';

let gateway: TestGateway | undefined;
let upstream: RawUpstream | undefined;
afterEach(async () => {
  await gateway?.stop();
  upstream?.stop();
});

test.each([
  ['paced', 'limits: ["1000 per 1s"]'],
  ['unpaced', 'limits: []'],
])('a small answer broken off by an upstream (%s) is told as 502, and the call ends', async (_, pace) => {
  upstream = await startRawUpstream((_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    setTimeout(() => socket.destroy(), 20);
  });
  gateway = await startGateway({
    yaml: `
upstreams: { api: { url: "${upstream.url}", ${pace} } }
routes: [{ path: /*, upstream: api }]
`,
  });
  const answer = await fetch(gateway.url, { signal: AbortSignal.timeout(3_000) });
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ code: 'upstream_unreachable' });
  expect(await gateway.metrics()).toMatchObject({ in_flight: 0, processing: 0 });
});
