import { describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';
import { faultsIn, runOnRedis } from '../support/node-on-redis.ts';
import { hasRedis, startRedis } from '../support/redis.ts';

const TLS = join(ROOT, 'test/support/tls');
/** It signs itself, so that it is its own CA. */
const CERTIFICATE = join(TLS, 'localhost-cert.pem');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function startTlsRedis() {
  const tlsPort = await freePort();
  const files = { cert: CERTIFICATE, key: join(TLS, 'localhost-key.pem'), 'ca-cert': CERTIFICATE };
  const flags = Object.entries(files).flatMap(([name, path]) => [`--tls-${name}-file`, path]);
  const redis = await startRedis(
    '--bind',
    '127.0.0.1',
    '127.0.0.2',
    '--tls-port',
    `${tlsPort}`,
    '--tls-auth-clients',
    'no',
    ...flags,
  );
  return { ...redis, tlsPort };
}

describe.skipIf(!hasRedis)('Redis over TLS', () => {
  test('works with the CA that NODE_EXTRA_CA_CERTS names', async () => {
    const redis = await startTlsRedis();
    try {
      const env = { NODE_EXTRA_CA_CERTS: CERTIFICATE };
      const { paced, ready, said } = await runOnRedis(`rediss://localhost:${redis.tlsPort}`, env, 0);
      expect(ready).toEqual({ status: 'ready' });
      expect(paced.status).toBe(200);
      expect(faultsIn(said)).toEqual([]);
    } finally {
      await redis.stop();
    }
  }, 30_000);

  const expectOneLine = async (url: string, env: Record<string, string>, reason: string, words: string) => {
    const { paced, ready, said } = await runOnRedis(url, env);
    expect(paced).toEqual({ status: 503, code: 'state_unavailable' });
    expect(ready).toEqual({ status: 'degraded', reasons: ['state_unavailable'] });
    const faults = faultsIn(said);
    expect(faults.map((fault) => fault.reason)).toEqual([reason]);
    expect(faults[0]!.msg).toContain(words);
  };

  test('a certificate that nobody vouches for: one line', async () => {
    const redis = await startTlsRedis();
    try {
      const url = `rediss://localhost:${redis.tlsPort}`;
      await expectOneLine(url, {}, 'certificate', 'name the file of its CA in NODE_EXTRA_CA_CERTS');
    } finally {
      await redis.stop();
    }
  }, 30_000);

  test('a certificate for another host: one line', async () => {
    const redis = await startTlsRedis();
    try {
      const env = { NODE_EXTRA_CA_CERTS: CERTIFICATE };
      const url = `rediss://127.0.0.2:${redis.tlsPort}`;
      await expectOneLine(url, env, 'certificate', 'the host that it is for');
    } finally {
      await redis.stop();
    }
  }, 30_000);

  test('TLS spoken to a port without it, and the other way round: one line each', async () => {
    const redis = await startTlsRedis();
    try {
      await expectOneLine(`rediss://localhost:${redis.port}`, {}, 'unreachable', 'write redis://');
      await expectOneLine(`redis://localhost:${redis.tlsPort}`, {}, 'unreachable', 'needs rediss://');
    } finally {
      await redis.stop();
    }
  }, 40_000);
});
