// Whether the dashboard grows: one page with live updates for a long time, its heap after a collection every few
// minutes. `npm run bench -- dashboard-heap [--minutes N] [--every N] [--page /path]`; needs Chromium.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { freePort, ROOT, type ServerProcess, startComporta } from './support/process.ts';
import { megabytes, printMachine, printTable } from './support/report.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    every: { type: 'string', default: '5' },
    page: { type: 'string', default: '/' },
  },
});
const minutes = Number(values.minutes);
const every = Number(values.every);
/** Requests a second meanwhile: enough that every number and chart moves. */
const RATE = 5;

const executablePath = process.env.CHROMIUM || Bun.which('chromium');
if (!executablePath) {
  console.log('dashboard-heap: left out, Chromium is missing (Debian: apt-get install chromium).');
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
const running: ServerProcess[] = [];
const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
  ],
});
try {
  const adminPort = await freePort();
  const env = {
    LISTEN: '127.0.0.1:0',
    SANDBOX_LISTEN: '127.0.0.1:0',
    DATABASE_URL: `sqlite://${folder}/comporta.db`,
    DATA_DIR: folder,
  };
  const server = await startComporta(join(ROOT, 'comporta.yaml'), env, 'comporta', `127.0.0.1:${adminPort}`);
  running.push(server);
  const page = await browser.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  await page.goto(`http://127.0.0.1:${adminPort}/#${values.page}`);
  const debug = await page.context().newCDPSession(page);
  await debug.send('HeapProfiler.enable');

  let sent = 0;
  const load = setInterval(() => {
    sent++;
    void fetch(`${server.url}/ml/items/MLB${sent % 500}`).then((answer) => answer.arrayBuffer());
  }, 1_000 / RATE);

  printMachine();
  const rows: string[][] = [];
  for (let minute = 0; minute <= minutes; minute += every) {
    // The first look comes when the code has been compiled and the first charts are there.
    await Bun.sleep(minute === 0 ? 30_000 : every * 60_000);
    await debug.send('HeapProfiler.collectGarbage');
    const { usedSize } = await debug.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await debug.send('Memory.getDOMCounters');
    rows.push([String(minute), megabytes(usedSize), String(nodes), String(jsEventListeners)]);
    console.log(rows.at(-1)!.join('\t'));
  }
  clearInterval(load);
  console.log(`\none page at ${values.page}, a frame a second, ${RATE} requests a second meanwhile`);
  printTable(['minute', 'heap MB', 'DOM nodes', 'listeners'], rows);
  if (troubles.length > 0) console.log(`exceptions of the page: ${troubles.join('; ')}`);
} finally {
  await browser.close();
  for (const server of running.reverse()) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
