import { expect, test } from 'bun:test';
import { createServer, type Socket } from 'node:net';
import { faultsIn, runOnRedis } from '../support/node-on-redis.ts';

/** Speaks as much of the protocol of Redis as a client needs to ask for its version. */
async function startOldRedis(version: string) {
  const sockets = new Set<Socket>();
  const asked = new Map<string, number>();
  const forGates: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let command = take(); command !== undefined; command = take()) socket.write(answer(command));
    });
    /** The next whole command: `*<count>`, and so often `$<length>` and as many bytes. */
    const take = (): string[] | undefined => {
      const [head] = /^\*(\d+)\r\n/.exec(text) ?? [];
      if (head === undefined) return undefined;
      const words: string[] = [];
      let at = head.length;
      for (let left = Number(head.slice(1)); left > 0; left--) {
        const size = /^\$(\d+)\r\n/.exec(text.slice(at));
        if (size === null) return undefined;
        at += size[0].length;
        const word = text.slice(at, at + Number(size[1]));
        at += word.length + 2;
        if (at > text.length) return undefined;
        words.push(word);
      }
      text = text.slice(at);
      return words;
    };
  });
  const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
  const answer = ([name = '', ...words]: string[]): string => {
    if (words.some((word) => word.includes(':gate:'))) forGates.push(name);
    const command = name.toLowerCase();
    asked.set(command, (asked.get(command) ?? 0) + 1);
    if (command === 'info') {
      const fields = { redis_version: version, redis_mode: 'standalone', role: 'master', loading: '0' };
      const lines = Object.entries(fields).map(([field, value]) => `${field}:${value}`);
      return bulk(['# Server', ...lines, ''].join('\r\n'));
    }
    return command === 'publish' ? ':0\r\n' : `-ERR unknown command '${command}'\r\n`;
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${port}`,
    asked,
    /** Commands that name a gate. */
    forGates,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

test.each(['6.2.14', '5.0.7'])(
  'Redis %s: one line that says what is needed, and no paced call',
  async (version) => {
    const redis = await startOldRedis(version);
    try {
      const { paced, ready, said } = await runOnRedis(redis.url);
      expect(paced).toEqual({ status: 503, code: 'state_unavailable' });
      expect(ready).toEqual({ status: 'degraded', reasons: ['state_unavailable'] });
      const faults = faultsIn(said);
      expect(faults.map(({ reason }) => reason)).toEqual(['version']);
      expect(faults[0]!.msg).toBe(
        `Redis cannot be used, no paced call goes out: Redis ${version} is too old: 7.0 or newer is needed`,
      );
      expect(faults[0]!.redis).toBe(redis.url.replace('redis://', ''));
      // It was asked again, on the connection that it has and less and less often: not in a loop.
      const infos = redis.asked.get('info')!;
      expect(infos).toBeGreaterThanOrEqual(4);
      expect(infos).toBeLessThanOrEqual(8);
      // Nothing that paces was sent to it.
      expect(redis.forGates.filter((name) => name !== 'subscribe')).toEqual([]);
    } finally {
      await redis.stop();
    }
  },
  30_000,
);
