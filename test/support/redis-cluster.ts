import { Redis } from 'ioredis';
import { startRedis, type TestRedis } from './redis.ts';

/** Three primaries that share the slots of a Redis Cluster, on free ports of the loopback. */
export interface TestCluster {
  /** As `REDIS_URL` has it. */
  readonly url: string;
  readonly servers: readonly TestRedis[];
  /** A connection to each server. */
  readonly direct: readonly Redis[];
  /** The place of the server that holds this key. */
  ownerOf(key: string): Promise<number>;
  /** Resolves when every server finds all slots served. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;
const SERVERS = 3;

export async function startRedisCluster(): Promise<TestCluster> {
  const servers: TestRedis[] = [];
  const direct: Redis[] = [];
  const firstSlot = (index: number): number => Math.floor((index * SLOTS) / SERVERS);
  const stop = async (): Promise<void> => {
    for (const client of direct) client.disconnect();
    await Promise.all(servers.map((server) => server.stop()));
  };
  const whole = async (): Promise<void> => {
    const isWhole = async (client: Redis): Promise<boolean> => {
      const info = String(await client.cluster('INFO').catch(() => ''));
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${SERVERS}`);
    };
    while (!(await Promise.all(direct.map(isWhole))).every(Boolean)) await Bun.sleep(20);
  };
  try {
    const busPorts: number[] = [];
    for (let index = 0; index < SERVERS; index++) {
      // The port of the bus is the other one and 10,000, unless it is said: that may be none.
      const busPort = freePort();
      busPorts.push(busPort);
      const server = await startRedis(
        ...['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`, '--cluster-node-timeout', '600'],
      );
      servers.push(server);
      const client = new Redis(server.url, { retryStrategy: () => 50 });
      client.on('error', () => {});
      direct.push(client);
      await client.call('CLUSTER', 'ADDSLOTSRANGE', firstSlot(index), firstSlot(index + 1) - 1);
    }
    for (let index = 1; index < SERVERS; index++) {
      await direct[0]!.call('CLUSTER', 'MEET', '127.0.0.1', servers[index]!.port, busPorts[index]!);
    }
    await whole();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis-cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    servers,
    direct,
    ownerOf: async (key) => {
      const slot = Number(await direct[0]!.call('CLUSTER', 'KEYSLOT', key));
      return Array.from({ length: SERVERS }, (_, index) => index).findLastIndex(
        (index) => firstSlot(index) <= slot,
      );
    },
    whole,
    stop,
  };
}

function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
