// The least that a cached answer can cost on this runtime: a handler that answers a constant.
import { ANSWER } from './answer.ts';

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 120,
  fetch: () => new Response(ANSWER, { headers: { 'Content-Type': 'application/json' } }),
});
console.log(`http://127.0.0.1:${server.port}`);
