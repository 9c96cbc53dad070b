// The upstream of the measurements: answers every request with the same JSON, and says nothing of caching.
import { ANSWER } from './answer.ts';

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 120,
  fetch: () => new Response(ANSWER, { headers: { 'Content-Type': 'application/json' } }),
});
console.log(`http://127.0.0.1:${server.port}`);
