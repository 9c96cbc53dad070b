import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, adminOf } from './admin.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { startTestSandbox, type TestSandbox } from './sandbox.ts';
import { type Started, startProcess } from './started.ts';

export interface FleetNode extends Started {
  readonly admin: Admin;
}

/** Processes that share a Redis, a ledger and a sandbox which judges them. */
export interface TestFleet {
  readonly redis: TestRedis;
  readonly sandbox: TestSandbox;
  readonly nodes: readonly FleetNode[];
  /** One more process, with further flags and variables. */
  join(flags?: readonly string[], env?: Record<string, string>): Promise<FleetNode>;
  /** The environment of its processes. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startFleet(
  count: number,
  env: Record<string, string> = {},
  sandboxFlags: readonly string[] = [],
): Promise<TestFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-fleet-'));
  const [redis, sandbox] = await Promise.all([startRedis(), startTestSandbox(...sandboxFlags)]);
  const common = {
    REDIS_URL: redis.url,
    DATABASE_URL: `sqlite://${folder}/ledger.db`,
    SCORE_API_URL: sandbox.url,
    EXTERNAL_SERVICE_URL: sandbox.url,
    MERCADOLIBRE_URL: sandbox.url,
    ...env,
  };
  const nodes: FleetNode[] = [];
  const add = async (
    flags: readonly string[] = [],
    more: Record<string, string> = {},
  ): Promise<FleetNode> => {
    const started = await startProcess(flags, { env: { ...common, ...more } });
    const node = { ...started, admin: adminOf(started.adminUrl) };
    nodes.push(node);
    return node;
  };
  for (let index = 0; index < count; index++) await add();
  return {
    redis,
    sandbox,
    nodes,
    env: common,
    join: add,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all([redis.stop(), sandbox.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
