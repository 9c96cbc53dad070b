// Calls at a steady rate: `steady-load.ts <url> <calls a second> <seconds>`. As many calls are begun each millisecond
// as are due, over kept connections; prints what came of it as JSON. A server that cannot keep up is not pushed harder:
// calls that find no connection are counted as late and left out.
import { connect } from 'node:net';

const [, , target = '', rateText = '', secondsText = ''] = process.argv;
const url = new URL(target);
const perMs = Number(rateText) / 1_000;
const endAtMs = performance.now() + Number(secondsText) * 1_000;
const CONNECTIONS = 64;
const request = Buffer.from(
  `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: application/json\r\nclient-id: bench\r\n\r\n`,
);

let done = 0;
let failed = 0;
let late = 0;
const free: Array<() => void> = [];

for (let index = 0; index < CONNECTIONS; index++) {
  const socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  let length = -1;
  let seen = '';
  const send = () => socket.write(request);
  socket.on('connect', () => free.push(send));
  socket.on('data', (chunk) => {
    seen += chunk.toString('latin1');
    const head = seen.indexOf('\r\n\r\n');
    if (head === -1) return;
    if (length === -1) length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? Number.NaN);
    if (seen.length < head + 4 + length) return;
    if (seen.startsWith('HTTP/1.1 200')) done++;
    else failed++;
    seen = '';
    length = -1;
    free.push(send);
  });
  socket.on('error', () => failed++);
}

let due = 0;
let lastMs = performance.now();
const timer = setInterval(() => {
  const nowMs = performance.now();
  if (nowMs >= endAtMs) {
    clearInterval(timer);
    setTimeout(() => {
      console.log(JSON.stringify({ done, failed, late }));
      process.exit(0);
    }, 200);
    return;
  }
  due += (nowMs - lastMs) * perMs;
  lastMs = nowMs;
  while (due >= 1) {
    due--;
    const send = free.pop();
    if (send === undefined) late++;
    else send();
  }
}, 1);
