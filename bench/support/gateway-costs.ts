import { CALLS, type CallName, startFleetGateway } from './fleet-gateway.ts';
import { CLIENT_HEADERS, runWrk } from './load.ts';
import { startServer } from './process.ts';
import { loadBetween, readRedisLoad } from './redis-load.ts';
import { median } from './report.ts';

/** CPU time for one request, µs, and how many there were. */
export interface GatewayCost {
  readonly gatewayUs: number;
  readonly redisUs: number;
  readonly perSec: number;
}

const MOST_TRIES = 20;

/** A gate that begins, on a busy machine, may not let the first call in. Throws when it stays so. */
async function untilAnswered(url: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const answer = await fetch(url, { headers: CLIENT_HEADERS });
    const text = await answer.text();
    if (answer.status === 200) return;
    if (tries === MOST_TRIES) throw new Error(`${url} was answered ${answer.status}: ${text}`);
    await Bun.sleep(250);
  }
}

/** What each kind of call costs one gateway process over Redis: medians of interleaved rounds. */
export async function measureGatewayCosts(
  wrk: string,
  folder: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Record<CallName, GatewayCost>> {
  const names = Object.keys(CALLS) as CallName[];
  const costs = new Map(names.map((name) => [name, [] as GatewayCost[]]));
  const upstream = await startServer('upstream', 'upstream.ts');
  try {
    const gateway = await startFleetGateway('one gateway', upstream.url, folder, { redis: true });
    try {
      for (const name of names) {
        await untilAnswered(gateway.url + CALLS[name].path);
        await runWrk(wrk, gateway, CALLS[name].path, 2);
      }
      for (let round = 0; round < rounds; round++) {
        for (const name of names) {
          const before = await readRedisLoad(gateway.redis!);
          const { cpuUs, requests, perSec } = await runWrk(wrk, gateway, CALLS[name].path, seconds);
          const redis = loadBetween(before, await readRedisLoad(gateway.redis!));
          costs.get(name)!.push({ gatewayUs: cpuUs, redisUs: redis.cpuUs / requests, perSec });
        }
      }
    } finally {
      await gateway.stop();
    }
  } finally {
    await upstream.stop();
  }
  const middle = (name: CallName): GatewayCost => {
    const of = (key: keyof GatewayCost): number => median(costs.get(name)!.map((cost) => cost[key]));
    return { gatewayUs: of('gatewayUs'), redisUs: of('redisUs'), perSec: of('perSec') };
  };
  return Object.fromEntries(names.map((name) => [name, middle(name)])) as Record<CallName, GatewayCost>;
}
