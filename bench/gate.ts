/**
 * What a waiting ticket costs: 100,000 of them enter one gate, half leave, half are granted. Prints µs and bytes each.
 * Run: node_modules/.bin/bun bench/gate.ts [tickets]
 */
import { VirtualClock } from '../src/shared/virtual-clock.ts';
import type { GateSettings, Grant, Ticket, Urgency } from '../src/state/contracts.ts';
import { MemoryGate } from '../src/state/memory/gate.ts';

const TICKETS = Number(process.argv[2] ?? 100_000);

interface Row {
  readonly policy: string;
  readonly enterUs: number;
  readonly bytes: number;
  readonly cancelUs: number;
  readonly grantUs: number;
  readonly snapshotUs: number;
  readonly refuseUs: number;
}

function settingsFor(policy: 'fifo' | 'priority' | 'fair', concurrency: number): GateSettings {
  const queue = { policy, agingMs: 30_000, maxSize: TICKETS, weights: {} };
  const limits = [{ rate: { count: 1_000_000, windowMs: 1_000 }, even: false, guardMs: 20 }];
  const openForMs = 1_000;
  return {
    limits,
    concurrency,
    queue,
    breaker: {
      consecutive: 5,
      failureRate: undefined,
      slowCalls: undefined,
      openForMs,
      probes: 1,
      probeTimeoutMs: openForMs,
    },
  };
}

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

function timed(times: number, act: () => void): number {
  const startedAt = Bun.nanoseconds();
  act();
  return (Bun.nanoseconds() - startedAt) / 1_000 / times;
}

function ticketOf(index: number, nowMs: number): Ticket {
  const urgency = (index % 8) as Urgency;
  const client = `client-${index % 100}`;
  return {
    id: `t${index}`,
    client,
    urgency,
    arrivedAtMs: nowMs,
    deadlineMs: nowMs + 3_600_000 + index,
    cost: 1,
  };
}

async function measure(policy: 'fifo' | 'priority' | 'fair'): Promise<Row> {
  const clock = new VirtualClock();
  const gate = new MemoryGate({ clock, settings: settingsFor(policy, 1) });
  const first = gate.enter(ticketOf(0, 0)) as Grant;
  // Tickets and signals are the caller's: they stand before the count begins.
  const tickets = Array.from({ length: TICKETS }, (_, index) => ticketOf(index + 1, index / 100));
  const controllers = tickets.map(() => new AbortController());
  for (const { signal } of controllers) signal.addEventListener('abort', () => {});
  const promises: Promise<Grant>[] = new Array(TICKETS);
  let running: Grant | undefined = first;
  let granted = 0;
  const before = heapBytes();
  const enterUs = timed(TICKETS, () => {
    for (let index = 0; index < TICKETS; index++) {
      clock.advance(0.01);
      promises[index] = gate.enter(tickets[index]!, controllers[index]!.signal) as Promise<Grant>;
    }
  });
  const bytes = (heapBytes() - before) / TICKETS;
  const done = promises.map((promise) =>
    promise.then(
      (grant) => {
        granted++;
        running = grant;
      },
      () => {},
    ),
  );
  const snapshotUs = timed(100, () => {
    for (let index = 0; index < 100; index++) gate.snapshot();
  });
  const cancelUs = timed(TICKETS / 2, () => {
    for (let index = 0; index < TICKETS; index += 2) controllers[index]!.abort();
  });
  const quarter = TICKETS / 4;
  const startedAt = Bun.nanoseconds();
  while (granted < quarter) {
    const grant: Grant | undefined = running;
    running = undefined;
    grant?.sent();
    grant?.end('success');
    await Promise.resolve();
  }
  const grantUs = (Bun.nanoseconds() - startedAt) / 1_000 / quarter;
  const left = gate.snapshot().waiting;
  const refuseUs = timed(left, () => gate.force('open', 1_000));
  await Promise.all(done);
  gate.close();
  return { policy, enterUs, bytes, cancelUs, grantUs, snapshotUs, refuseUs };
}

console.log(`${TICKETS.toLocaleString('en')} waiting tickets, each:`);
console.log('policy    enter µs  bytes  cancel µs  grant µs  refuse µs  snapshot µs');
for (const policy of ['fifo', 'priority', 'fair'] as const) {
  await measure(policy);
  const row = await measure(policy);
  const cells = [
    row.policy.padEnd(8),
    row.enterUs.toFixed(2).padStart(9),
    row.bytes.toFixed(0).padStart(6),
    row.cancelUs.toFixed(2).padStart(10),
    row.grantUs.toFixed(2).padStart(9),
    row.refuseUs.toFixed(2).padStart(10),
    row.snapshotUs.toFixed(2).padStart(12),
  ];
  console.log(cells.join(' '));
}
