import { z } from '@hono/zod-openapi';
import type { Drift } from '../../../fleet/drift.ts';
import type { NodeView } from '../../../fleet/fleet.ts';
import { fleetTotalsView } from '../../../fleet/fleet-totals.ts';
import type { StateServer } from '../../../state/fleet-contract.ts';
import { hotStateOf } from '../live/frame-parts.ts';
import { json, operation } from '../operation.ts';
import type { AdminPorts } from '../ports.ts';
import { isoTime, moment, roundMs } from '../wall-time.ts';
import { hotState } from './live-frame.ts';

const count = z.number().int();
const latency = z.object({ average: z.number(), p50: z.number(), p95: z.number(), p99: z.number() });

const node = z
  .object({
    id: z.string().describe('Another one after each start of the process.'),
    is_self: z.boolean().describe('The one that answers.'),
    host: z.string().nullable().describe('Null, as the next ones: it has not told yet.'),
    pid: count.nullable(),
    version: z.string().nullable(),
    started_at: moment.nullable().describe('By its own clock.'),
    url: z.string().nullable().describe('Its data plane, as it knows it.'),
    admin_url: z.string().nullable().describe('Null: another process of its machine has the admin API.'),
    age_ms: z.number().describe('Since it was last heard of; more than 5 s, and it is gone.'),
    config_hash: z
      .string()
      .describe('Of what must agree: limits, queues, breakers, routes, rules of the file.'),
    drifts: z.boolean().describe('Its configuration is not that of most; see `drift`.'),
    requests: count.describe('Since its start, as the next one.'),
    successes: count,
    requests_per_second: z.number().describe('That ended within its last second.'),
    in_flight: count,
    waiting: count.describe('At the gates of all upstreams.'),
    running: count,
  })
  .openapi('FleetNode');

const drift = z
  .object({
    path: z.string().openapi({ example: 'upstreams.score.limits' }),
    values: z
      .array(
        z.object({
          value: z
            .string()
            .nullable()
            .describe('Null: not configured there. Long settings are told by a hash.'),
          nodes: z.array(z.string()).describe('Ids.'),
        }),
      )
      .describe('The most common first.'),
    strictest_holds: z
      .boolean()
      .describe('All of these limits hold together, on all nodes, until they agree.'),
  })
  .openapi('FleetDrift');

/** Everybody, what differs, and what they do together. */
export const fleetView = z
  .object({
    name: z.string(),
    self: z.string(),
    state: hotState.extend({
      server: z
        .object({
          version: z.string(),
          role: z.string(),
          commands_per_second: z.number(),
          used_memory_bytes: count,
          max_memory_bytes: count.nullable().describe('Null: unbounded.'),
          uptime_ms: z.number(),
        })
        .nullable()
        .describe('Null: there is none, or it does not answer.'),
    }),
    nodes: z.array(node).describe('By host and process. While the shared state is away: this one alone.'),
    drift: z.array(drift).describe('What is not alike on all nodes; at most 50.'),
    totals: z
      .object({
        requests: count,
        successes: count,
        failures: count,
        requests_per_second: z.number(),
        in_flight: count,
        waiting: count,
        running: count,
        latency_ms: latency.describe('Of all requests together.'),
      })
      .describe('Sums over the nodes that are there, since the start of each.'),
  })
  .openapi('Fleet');

type FleetAnswer = z.output<typeof fleetView>;

/** The processes that share one state. */
export const fleetOperations = [
  operation(
    {
      id: 'getFleet',
      method: 'GET',
      path: '/fleet',
      tag: 'fleet',
      summary: 'Show all processes that share the state, and what differs between them',
      description: 'Any node answers for all. With `state: memory:` it is a fleet of one.',
      answers: [{ status: 200, description: 'As of now.', schema: fleetView }],
    },
    async ({ ports }) => json(await fleetOf(ports)),
  ),
];

async function fleetOf(ports: AdminPorts): Promise<FleetAnswer> {
  const { clock, fleet: port } = ports;
  const [server, view] = await Promise.all([port.server(), port.view()]);
  const { nodes, drift: drifts, totals } = view;
  return {
    name: port.name,
    self: port.self,
    state: { ...hotStateOf(clock, port.status()), server: server === undefined ? null : serverOf(server) },
    nodes: nodes.map((one) => nodeOf(one, port.self)).sort(byPlace),
    drift: drifts.map(driftView),
    totals: fleetTotalsView(totals),
  };
}

function serverOf(server: StateServer): NonNullable<FleetAnswer['state']['server']> {
  return {
    version: server.version,
    role: server.role,
    commands_per_second: server.commandsPerSec,
    used_memory_bytes: server.usedMemoryBytes,
    max_memory_bytes: server.maxMemoryBytes ?? null,
    uptime_ms: server.uptimeMs,
  };
}

function nodeOf({ id, ageMs, facts, state, strays }: NodeView, self: string): FleetAnswer['nodes'][number] {
  return {
    id,
    is_self: id === self,
    host: facts?.host ?? null,
    pid: facts?.pid ?? null,
    version: facts?.version ?? null,
    started_at: facts === undefined ? null : isoTime(facts.startedAtMs),
    url: facts?.url ?? null,
    admin_url: facts?.adminUrl ?? null,
    age_ms: roundMs(ageMs),
    config_hash: state.configHash,
    drifts: strays,
    requests: state.requests,
    successes: state.successes,
    requests_per_second: state.perSecond,
    in_flight: state.inFlight,
    waiting: state.waiting,
    running: state.running,
  };
}

type Node = FleetAnswer['nodes'][number];

function byPlace(one: Node, other: Node): number {
  const order = (one.host ?? '').localeCompare(other.host ?? '');
  return order !== 0 ? order : (one.pid ?? 0) - (other.pid ?? 0);
}

function driftView({ path, values }: Drift): FleetAnswer['drift'][number] {
  return {
    path,
    values: values.map(({ value, nodes }) => ({ value: value ?? null, nodes: [...nodes] })),
    strictest_holds: /^upstreams\..*\.(limits|concurrency|guard)$/.test(path),
  };
}
