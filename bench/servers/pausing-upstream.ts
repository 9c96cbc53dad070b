// Answers its first call with 429 and `Retry-After`, which pauses it at the gateway, and every later one with 200.
const seconds = Number(process.argv[2]);
if (!(seconds > 0)) throw new Error('usage: pausing-upstream.ts <seconds of pause>');
let calls = 0;

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 120,
  fetch: () => {
    calls++;
    if (calls === 1) return new Response(null, { status: 429, headers: { 'Retry-After': String(seconds) } });
    return new Response('{"ok":true}', { headers: { 'Content-Type': 'application/json' } });
  },
});
console.log(`http://127.0.0.1:${server.port}`);

export {};
