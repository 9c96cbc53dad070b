import { printTable } from './report.ts';

/** What a request, or a node, costs a Redis. */
export interface RedisCost {
  /** Commands over the wire; those inside scripts are not counted. */
  readonly commands: number;
  /** CPU time of the server, µs. */
  readonly cpuUs: number;
}

/** All that the plan is made of: measured, or given. */
export interface PlanFigures {
  /** CPU of a gateway for one request, µs. */
  readonly gatewayUs: {
    readonly cached: number;
    readonly eventual: number;
    readonly exact: number;
    readonly proxied: number;
    readonly paced: number;
  };
  /** What a node that does nothing costs each second. */
  readonly idle: RedisCost;
  /** For one request of a node under full load, by how often counts are merged. */
  readonly eventual: ReadonlyArray<{ readonly intervalMs: number; readonly cost: RedisCost }>;
  readonly exact: RedisCost;
  readonly paced: RedisCost;
  /** How busy a core is to be at most, 0 to 1. */
  readonly use: number;
  /** Of all requests, those that are calls to a paced upstream, in the mix. */
  readonly pacedShare: number;
}

/** What a Cluster spreads: nothing where all has one hash tag. */
type Spread = 'upstreams' | 'clients' | 'nothing';

interface PlanRow {
  readonly name: string;
  readonly perSec: number;
  readonly gatewayCores: number;
  readonly processes: number;
  readonly redisCommands: number;
  readonly redisCores: number;
  readonly spread: Spread;
}

/** What so many requests a second take, by what they ask of the gateway. */
export function planFor(perSec: number, figures: PlanFigures): PlanRow[] {
  const { gatewayUs, idle, use, pacedShare } = figures;
  const row = (name: string, gatewayUsEach: number, redis: RedisCost, spread: Spread): PlanRow => {
    const gatewayCores = (perSec * gatewayUsEach) / 1e6;
    const processes = Math.max(2, Math.ceil(gatewayCores / use));
    return {
      name,
      perSec,
      gatewayCores,
      processes,
      redisCommands: processes * idle.commands + perSec * redis.commands,
      redisCores: (processes * idle.cpuUs + perSec * redis.cpuUs) / 1e6,
      spread,
    };
  };
  const nothing = { commands: 0, cpuUs: 0 };
  const share = (cost: RedisCost, of: number): RedisCost => ({
    commands: cost.commands * of,
    cpuUs: cost.cpuUs * of,
  });
  const percent = `${+(100 * pacedShare).toFixed(2)} %`;
  return [
    row('cached answers', gatewayUs.cached, nothing, 'nothing'),
    ...figures.eventual.map(({ intervalMs, cost }) =>
      row(`cached, eventual rule, merged every ${intervalMs} ms`, gatewayUs.eventual, cost, 'nothing'),
    ),
    row('cached, exact rule or client limit', gatewayUs.exact, figures.exact, 'clients'),
    row('proxied, unpaced', gatewayUs.proxied, nothing, 'nothing'),
    row(
      `cached, and ${percent} paced calls`,
      gatewayUs.cached * (1 - pacedShare) + gatewayUs.paced * pacedShare,
      share(figures.paced, pacedShare),
      'upstreams',
    ),
  ];
}

export function printPlan(rates: readonly number[], figures: PlanFigures): void {
  const { use, paced, exact, eventual } = figures;
  const percent = `${(100 * use).toFixed(0)} %`;
  const redisNeeded = ({ redisCores, spread }: PlanRow): string => {
    if (redisCores <= use) return 'one';
    return spread === 'nothing' ? 'too much for one' : `${Math.ceil(redisCores / use)} shards`;
  };
  console.log(`The plan, cores at most ${percent} busy, at least 2 processes:\n`);
  printTable(
    ['', 'requests/s', 'gateway cores', 'processes', 'Redis commands/s', 'Redis cores', 'Redis servers'],
    rates
      .flatMap((perSec) => planFor(perSec, figures))
      .map((row) => [
        row.name,
        String(row.perSec),
        row.gatewayCores.toFixed(2),
        String(row.processes),
        row.redisCommands.toFixed(0),
        row.redisCores.toFixed(3),
        redisNeeded(row),
      ]),
  );
  const most = (cpuUs: number): string => String(Math.floor((use * 1e6) / cpuUs / 100) * 100);
  const merges = eventual.map(
    ({ intervalMs, cost }) => `${most(cost.cpuUs)} requests a second merged every ${intervalMs} ms`,
  );
  console.log(`
One Redis server runs scripts on one core. At ${percent} of it:
- paced calls: ${most(paced.cpuUs)} a second, all upstreams together. Beyond it, a Cluster: an upstream's gate has one hash
  tag, so upstreams spread over shards; one upstream has no more than one shard.
- exact rules and client limits: ${most(exact.cpuUs)} requests a second. Beyond it, a Cluster: each client under a limit has a
  hash tag of its own. Or \`enforce: eventual\`.
- eventual rules: ${merges.join(', ')}. All their counts have one hash
  tag, so more shards do not help; a longer \`fleet.eventual_interval\` does.
- cached answers and unpaced calls ask nothing, at any rate.
`);
}
