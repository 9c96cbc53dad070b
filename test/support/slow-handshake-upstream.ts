/**
 * A TLS upstream in a process of its own, so that what it measures does not stand still when the gateway is busy. Every
 * other connection takes HANDSHAKE_MS longer to be made, and each closes after one answer. Prints one line of JSON,
 * `{ port, reportPort }`; the report is the arrivals in ms: `readAtMs`, when the request had been read, and `sinceMs`, when
 * this process had last looked for bytes before that. A process that a busy machine keeps from running reads late
 * what came in time, and the two differ by as much.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

const slowMs = Number(process.env.HANDSHAKE_MS ?? 300);
const pem = (name: string) => readFileSync(fileURLToPath(new URL(`tls/${name}`, import.meta.url)), 'utf8');
const arrivals: Array<{ readonly readAtMs: number; readonly sinceMs: number }> = [];
/** When the event loop came round, newest last. A request passes it three times: through the front, and in TLS. */
const rounds: number[] = [0, 0, 0, 0];
setInterval(() => {
  rounds.push(performance.now());
  rounds.shift();
}, 1);
let connections = 0;

const BODY = '{"score":700}';
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`;

// As little as possible between the socket and the clock: what is late here would look like the gateway's doing.
const judge = tls.createServer(
  { key: pem('localhost-key.pem'), cert: pem('localhost-cert.pem') },
  (socket) => {
    let head = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      head += data.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      arrivals.push({ readAtMs: performance.now(), sinceMs: rounds[0]! });
      socket.end(ANSWER);
    });
  },
);

/** Stands in front and holds back the first bytes of every other connection. */
const front = net.createServer((client) => {
  client.pause();
  const isSlow = connections++ % 2 === 0;
  setTimeout(
    () => {
      const inner = net.connect((judge.address() as net.AddressInfo).port, '127.0.0.1');
      client.on('error', () => inner.destroy());
      inner.on('error', () => client.destroy());
      client.pipe(inner);
      inner.pipe(client);
      client.resume();
    },
    isSlow ? slowMs : 0,
  );
});

const report = http.createServer((_request, response) => {
  response.end(JSON.stringify({ arrivals, connections }));
});

const listen = (server: net.Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });

/** The first handshakes of a process take many times as long as later ones: they are over before anybody measures. */
async function warmUp(port: number): Promise<void> {
  const call = () =>
    new Promise<void>((resolve, reject) => {
      const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.resume();
    });
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 10 }, call));
  arrivals.length = 0;
}

await warmUp(await listen(judge));
const [port, reportPort] = [await listen(front), await listen(report)];
console.log(JSON.stringify({ port, reportPort }));
