// The least that a passed-through call can cost on this runtime: Bun.serve and fetch, nothing decided or counted.
const upstream = process.argv[2];
if (upstream === undefined) throw new Error('usage: bare-proxy.ts <upstream URL>');

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 120,
  fetch: async (request) => {
    const path = request.url.slice(request.url.indexOf('/', 8) + '/ml'.length);
    const response = await fetch(upstream + path, {
      method: request.method,
      headers: request.headers,
      decompress: false,
      redirect: 'manual',
    });
    return new Response(response.body, { status: response.status, headers: response.headers });
  },
});
console.log(`http://127.0.0.1:${server.port}`);

export {};
