import type { Redis } from 'ioredis';

/** What a Redis server has done since its start, or between two looks at it. */
export interface RedisLoad {
  /** Monotonic ms of the look; between two looks, the time that passed. */
  readonly ms: number;
  /** Commands of all kinds, those inside scripts included; the looks themselves are not. */
  readonly commands: number;
  readonly scripts: number;
  /** Messages published, whoever hears them. */
  readonly messages: number;
  /** Time in which scripts ran, µs. */
  readonly scriptUs: number;
  /** CPU time of the server, user and system, µs. */
  readonly cpuUs: number;
  /** Sent to clients, answers and what is published. */
  readonly outBytes: number;
  readonly inBytes: number;
}

/** Looks at a server. Costs it one command. */
export async function readRedisLoad(client: Redis): Promise<RedisLoad> {
  const text = await client.info('everything');
  const ms = performance.now();
  const number = (field: string): number => Number(new RegExp(`^${field}:([\\d.]+)`, 'm').exec(text)?.[1]);
  let commands = 0;
  let scripts = 0;
  let scriptUs = 0;
  let messages = 0;
  for (const [, name, calls, us] of text.matchAll(/^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm)) {
    if (name === 'info') continue;
    commands += Number(calls);
    if (name === 'publish') messages += Number(calls);
    if (name !== 'evalsha' && name !== 'eval') continue;
    scripts += Number(calls);
    scriptUs += Number(us);
  }
  return {
    ms,
    commands,
    scripts,
    messages,
    scriptUs,
    cpuUs: (number('used_cpu_user') + number('used_cpu_sys')) * 1e6,
    outBytes: number('total_net_output_bytes'),
    inBytes: number('total_net_input_bytes'),
  };
}

export function loadBetween(before: RedisLoad, after: RedisLoad): RedisLoad {
  return {
    ms: after.ms - before.ms,
    commands: after.commands - before.commands,
    scripts: after.scripts - before.scripts,
    messages: after.messages - before.messages,
    scriptUs: after.scriptUs - before.scriptUs,
    cpuUs: after.cpuUs - before.cpuUs,
    outBytes: after.outBytes - before.outBytes,
    inBytes: after.inBytes - before.inBytes,
  };
}

/** What is left of `busy` without what the same time of `idle` would have cost; never below 0. */
export function aboveIdle(busy: RedisLoad, idle: RedisLoad): RedisLoad {
  const share = busy.ms / idle.ms;
  const rest = (key: keyof RedisLoad): number => Math.max(0, busy[key] - idle[key] * share);
  return {
    ms: busy.ms,
    commands: rest('commands'),
    scripts: rest('scripts'),
    messages: rest('messages'),
    scriptUs: rest('scriptUs'),
    cpuUs: rest('cpuUs'),
    outBytes: rest('outBytes'),
    inBytes: rest('inBytes'),
  };
}

export const perSecond = (count: number, { ms }: Pick<RedisLoad, 'ms'>): number => (count * 1_000) / ms;
