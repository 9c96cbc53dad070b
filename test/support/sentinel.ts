import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A primary, its replica, and a Sentinel that makes the replica the primary when the primary is gone. */
export interface WatchedRedis {
  readonly url: string;
  /** From now on nothing that is written reaches the replica. */
  cutReplica(): Promise<void>;
  /** Ends the primary at once. */
  killPrimary(): void;
  /** Resolves when the replica is the primary. */
  promoted(): Promise<void>;
  stop(): Promise<void>;
}

const DOWN_AFTER_MS = 1_000;

export async function startWatchedRedis(): Promise<WatchedRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-sentinel-'));
  const [primaryPort, replicaPort, sentinelPort] = [freePort(), freePort(), freePort()];
  const children: ChildProcess[] = [];
  const clients: Redis[] = [];

  const run = async (name: string, port: number, more: string): Promise<[ChildProcess, Redis]> => {
    const home = join(folder, name);
    mkdirSync(home);
    const file = join(home, 'redis.conf');
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${home}\n${more}`);
    const child = spawn('redis-server', [file, ...(name === 'sentinel' ? ['--sentinel'] : [])], {
      stdio: 'ignore',
    });
    children.push(child);
    const client = new Redis({
      port,
      host: '127.0.0.1',
      retryStrategy: () => 20,
      maxRetriesPerRequest: null,
    });
    client.on('error', () => {});
    clients.push(client);
    await client.ping();
    return [child, client];
  };

  const plain = 'save ""\nappendonly no\nrepl-diskless-sync-delay 0\n';
  const [primaryProcess, primary] = await run('primary', primaryPort, plain);
  const [, replica] = await run('replica', replicaPort, `${plain}replicaof 127.0.0.1 ${primaryPort}\n`);
  while (!(await replica.info('replication')).includes('master_link_status:up')) await Bun.sleep(20);
  const [, sentinel] = await run(
    'sentinel',
    sentinelPort,
    `sentinel monitor mymaster 127.0.0.1 ${primaryPort} 1\n` +
      `sentinel down-after-milliseconds mymaster ${DOWN_AFTER_MS}\nsentinel failover-timeout mymaster 10000\n`,
  );
  const replicas = async () => (await sentinel.call('SENTINEL', 'REPLICAS', 'mymaster')) as unknown[];
  while ((await replicas()).length === 0) await Bun.sleep(50);

  return {
    url: `redis-sentinel://127.0.0.1:${sentinelPort}/mymaster`,
    cutReplica: async () => {
      // Whoever is connected stays; the replica cannot come back.
      await primary.config('SET', 'requirepass', 'secret');
      await primary.call('CLIENT', 'KILL', 'TYPE', 'replica');
      while (!(await replica.info('replication')).includes('master_link_status:down')) await Bun.sleep(20);
    },
    killPrimary: () => void primaryProcess.kill('SIGKILL'),
    promoted: async () => {
      while (!(await replica.info('replication')).includes('role:master')) await Bun.sleep(20);
    },
    stop: async () => {
      for (const client of clients) client.disconnect();
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const over = new Promise<void>((resolve) => child.once('exit', () => resolve()));
          child.kill('SIGKILL');
          await over;
        }),
      );
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
