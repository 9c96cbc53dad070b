import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Judge, startJudge } from './judge.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { type Started, startProcess } from './started.ts';
import { startWire, type Wire } from './wire.ts';

export interface TrialOptions {
  readonly nodes: number;
  /** As in the configuration, such as `1 per 1s`. */
  readonly limits: readonly string[];
  readonly concurrency?: number;
  readonly maxWait?: string;
  readonly redisOptions?: readonly string[];
  /** Of another Redis than the trial's own. */
  readonly redisUrl?: string;
  /** In place of an SQLite file for each node. */
  readonly databaseUrl?: string;
  /** What a node, 0 the first, has in its environment besides. */
  readonly envOf?: (node: number) => Record<string, string>;
}

/** How one call ended for its caller. */
export interface Ended {
  /** `<node>-<number>`, as the provider sees it. */
  readonly id: string;
  readonly node: number;
  /** 0 when the connection broke. */
  readonly status: number;
  readonly code: string | undefined;
  readonly tookMs: number;
}

/** Really started gateways that share a Redis, before a provider that looks at every arrival. */
export interface Trial {
  readonly redis: TestRedis;
  /** Between the gateways and their Redis. */
  readonly wire: Wire;
  readonly judge: Judge;
  readonly nodes: readonly Started[];
  readonly ended: readonly Ended[];
  call(node: number, query?: string): Promise<Ended>;
  /** Keeps so many callers at each node, or at these, busy, one call after another, until the answer is called. */
  flood(callersEach: number, query?: string, at?: readonly number[]): () => Promise<void>;
  /** A node in place of one that is gone. */
  replace(node: number): Promise<void>;
  /** Scripts that the server has run since its start, and the time they took it, µs. */
  scripts(): Promise<{ readonly runs: number; readonly us: number }>;
  stop(): Promise<void>;
}

const configOf = ({ limits, concurrency, maxWait = '20s' }: TrialOptions, judge: Judge): string => `
listen: "127.0.0.1:0"
state: "\${REDIS_URL}"
ledger: "\${DATABASE_URL}"
data: "\${DATA_DIR}"
upstreams:
  judge:
    url: "${judge.url}"
    timeout: 10s
    limits: ${JSON.stringify(limits)}
    ${concurrency === undefined ? '' : `concurrency: ${concurrency}`}
    queue: { policy: priority, aging: 30s, max_size: 10000, max_wait: ${maxWait} }
routes:
  - path: /call
    methods: [GET]
    upstream: judge
    params: { priority: { control: urgency } }
`;

export async function startTrial(options: TrialOptions): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-trial-'));
  const [redis, judge] = await Promise.all([startRedis(...(options.redisOptions ?? [])), startJudge()]);
  const wire = await startWire(redis.port);
  const config = join(folder, 'comporta.yaml');
  writeFileSync(config, configOf(options, judge));
  let started = 0;
  const startNode = (): Promise<Started> => {
    const name = `node-${++started}`;
    return startProcess(['--config', config], {
      env: {
        REDIS_URL: options.redisUrl ?? `redis://127.0.0.1:${wire.port}`,
        DATABASE_URL: options.databaseUrl ?? `sqlite://${folder}/${name}.db`,
        DATA_DIR: join(folder, name),
        ...options.envOf?.(started - 1),
      },
    });
  };
  const nodes: Started[] = [];
  const stop = async (): Promise<void> => {
    // One that stands still hears nothing else.
    for (const node of nodes) node.kill('SIGCONT');
    await Promise.all(nodes.map((node) => node.stop()));
    await wire.stop();
    await Promise.all([redis.stop(), judge.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let index = 0; index < options.nodes; index++) nodes.push(await startNode());
  } catch (error) {
    await stop();
    throw error;
  }
  const ended: Ended[] = [];
  let number = 0;

  const call = async (node: number, query = ''): Promise<Ended> => {
    const id = `${node}-${++number}`;
    const startMs = performance.now();
    const answer = await fetch(`${nodes[node]!.url}/call?id=${id}${query}`, {
      // A connection that broke would be tried again behind the caller's back.
      headers: { connection: 'close' },
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => ({ status: 0, text: '' }));
    const code = answer.status >= 400 ? (JSON.parse(answer.text).code as string) : undefined;
    const end = { id, node, status: answer.status, code, tookMs: performance.now() - startMs };
    ended.push(end);
    return end;
  };

  return {
    redis,
    wire,
    judge,
    nodes,
    ended,
    call,
    flood: (callersEach, query, at = nodes.map((_, node) => node)) => {
      let isOver = false;
      const caller = async (node: number): Promise<void> => {
        while (!isOver) {
          const { status } = await call(node, query);
          // A caller that is refused comes back, but not at once.
          if (status !== 200) await Bun.sleep(100);
        }
      };
      const callers = at.flatMap((node) => Array.from({ length: callersEach }, () => caller(node)));
      return async () => {
        isOver = true;
        await Promise.all(callers);
      };
    },
    replace: async (node) => {
      nodes[node] = await startNode();
    },
    scripts: async () => {
      const client = new Redis({ port: redis.port, host: '127.0.0.1' });
      const text = await client.info('commandstats');
      client.disconnect();
      let runs = 0;
      let us = 0;
      for (const [, calls, took] of text.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+),usec=(\d+)/g)) {
        runs += Number(calls);
        us += Number(took);
      }
      return { runs, us };
    },
    stop,
  };
}
