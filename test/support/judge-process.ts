import { createServer } from 'node:http';

/**
 * A provider that only looks: when each call arrived at its socket, and how many were under way. A process of its own,
 * so that nobody's pause but its own moves its times; of its own pauses it says how long they may have been.
 *
 * `GET /report` answers `JudgeReport`; every other call is answered 200 after the query's `hold` ms (0 when absent).
 */

export interface Seen {
  /** The call's own mark. */
  readonly id: string;
  /** When it was read, ms since 1970 by this process' monotonic clock. */
  readonly atMs: number;
  /** The tick before the last: after a pause the last one may run before the sockets are read. It came since then. */
  readonly notBeforeMs: number;
}

export interface JudgeReport {
  readonly arrivals: readonly Seen[];
  /** Most calls that were under way at once. */
  readonly mostAtOnce: number;
  /** How long calls were under way, all together, ms. */
  readonly busyMs: number;
}

const MOST_ARRIVALS = 100_000;
const TICK_MS = 1;

const nowMs = (): number => performance.timeOrigin + performance.now();

if (import.meta.main) {
  const arrivals: Seen[] = [];
  let running = 0;
  let mostAtOnce = 0;
  let busyMs = 0;
  let lastTickMs = nowMs();
  let tickBeforeMs = lastTickMs;
  setInterval(() => {
    tickBeforeMs = lastTickMs;
    lastTickMs = nowMs();
  }, TICK_MS);

  const server = createServer((request, response) => {
    const atMs = nowMs();
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://judge');
    if (pathname === '/report') {
      response.end(JSON.stringify({ arrivals, mostAtOnce, busyMs }));
      return;
    }
    if (arrivals.length < MOST_ARRIVALS) {
      arrivals.push({ id: searchParams.get('id') ?? '', atMs, notBeforeMs: tickBeforeMs });
    }
    running++;
    mostAtOnce = Math.max(mostAtOnce, running);
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      running--;
      busyMs += nowMs() - atMs;
    };
    response.once('close', end);
    request.on('error', () => {});
    response.on('error', () => {});
    const answer = (): void => {
      // Whoever has the answer may send the next call before this process hears that it was written.
      end();
      response.end('{}');
    };
    const hold = Number(searchParams.get('hold') ?? 0);
    if (hold > 0) setTimeout(answer, hold);
    else answer();
  });
  server.keepAliveTimeout = 3_600_000;
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    console.log(`http://127.0.0.1:${port}`);
  });
  process.on('SIGTERM', () => process.exit(0));
}
