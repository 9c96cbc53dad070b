import { z } from '@hono/zod-openapi';
import { json, operation } from '../operation.ts';
import type { AdminPorts, LedgerStatus } from '../ports.ts';
import { moment, roundMs, wallTime } from '../wall-time.ts';
import { statusOf, upstreamStatus } from './upstream-view.ts';

const overview = z
  .object({
    version: z.string(),
    environment: z.string().nullable(),
    started_at: moment,
    uptime_ms: z.number(),
    totals: z
      .object({
        requests: z.number().int(),
        successes: z.number().int(),
        failures: z.number().int(),
        in_flight: z.number().int(),
        waiting: z.number().int(),
        running: z.number().int(),
        latency_ms: z.object({ average: z.number(), p50: z.number(), p95: z.number(), p99: z.number() }),
      })
      .describe('Since start; the counters of `/metrics`. In a fleet, the sums over its nodes.'),
    upstreams: z.array(upstreamStatus),
    ledger: z.object({
      status: z.enum(['ok', 'degraded']),
      pending_rows: z.number().int().describe('Usage that waits to be written.'),
      pending_changes: z.number().int().describe('Audit entries that wait to be written.'),
      since: moment.nullable(),
      reason: z.string().nullable(),
    }),
    readiness: z.object({
      status: z.enum(['ready', 'degraded', 'unready']),
      reasons: z.array(z.string()),
    }),
    denied_clients: z.number().int(),
  })
  .openapi('Overview');

/** Everything at a glance. */
export const overviewOperations = [
  operation(
    {
      id: 'getOverview',
      method: 'GET',
      path: '/overview',
      tag: 'overview',
      summary: 'Show everything at a glance',
      answers: [{ status: 200, description: 'As of now.', schema: overview }],
    },
    async ({ ports, trail }) => {
      await ports.fleet.refresh();
      return json(overviewOf(ports, trail.waiting));
    },
  ),
];

function overviewOf(ports: AdminPorts, pendingChanges: number): z.output<typeof overview> {
  const { clock, process, recorder } = ports;
  const upstreams = [...ports.upstreams].map(([name, upstream]) => statusOf(clock, name, upstream));
  const { total, successes, failures, latency } = recorder.totals();
  const readiness = ports.readiness();
  return {
    version: process.version,
    environment: process.environment ?? null,
    started_at: wallTime(clock, process.startedAtMs) ?? '',
    uptime_ms: Math.round(clock.now() - process.startedAtMs),
    totals: {
      requests: total,
      successes,
      failures,
      in_flight: recorder.inFlight,
      waiting: sum(upstreams.map(({ waiting }) => waiting)),
      running: sum(upstreams.map(({ running }) => running)),
      latency_ms: {
        average: roundMs(latency.averageMs),
        p50: roundMs(latency.quantile(0.5)),
        p95: roundMs(latency.quantile(0.95)),
        p99: roundMs(latency.quantile(0.99)),
      },
    },
    upstreams,
    ledger: { ...ledgerOf(ports, ports.ledger()), pending_changes: pendingChanges },
    readiness: { status: readiness.kind, reasons: readiness.kind === 'ready' ? [] : [...readiness.reasons] },
    denied_clients: ports.access.denied().length,
  };
}

function ledgerOf({ clock }: AdminPorts, status: LedgerStatus) {
  const { kind, pendingRows } = status;
  if (kind === 'ok') return { status: kind, pending_rows: pendingRows, since: null, reason: null };
  return {
    status: kind,
    pending_rows: pendingRows,
    since: wallTime(clock, status.sinceMs),
    reason: status.reason,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
