import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandboxProcess } from '../../src/cli/sandbox-process.ts';
import { Gateway } from '../../src/composition/gateway.ts';
import { formatProblem, loadConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { createLog } from '../../src/telemetry/log.ts';

export interface TestGateway {
  readonly url: string;
  readonly adminUrl: string;
  /** `/metrics` as JSON. */
  metrics(): Promise<Record<string, unknown> & { upstreams: Record<string, Record<string, unknown>> }>;
  /** Every log line so far. */
  readonly logLines: string[];
  drain(): Promise<number>;
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  /** YAML text, or the path of a file. */
  readonly yaml?: string;
  readonly file?: string;
  readonly env?: Record<string, string>;
  /** Where the ledger is; a file of its own by default. */
  readonly ledger?: string;
  /** Where `sandbox:` leads; without it a sandbox process is started when one is needed. */
  readonly sandboxUrl?: string;
}

/**
 * A gateway in this process, on a free port, from real YAML through the real loader. Sandboxes run as processes of
 * their own, as they do for users: a judge that shared this event loop would stand still whenever a test does.
 */
export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-test-'));
  const file = options.file ?? join(folder, 'comporta.yaml');
  if (options.yaml !== undefined) writeFileSync(file, options.yaml);
  const source = {
    file,
    flags: { listen: '127.0.0.1:0', adminListen: '127.0.0.1:0' },
    env: options.env ?? {},
  };
  const loaded = loadConfig(source);
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const { config } = loaded;
  const needsSandbox =
    options.sandboxUrl === undefined &&
    Object.values(config.upstreams).some(({ url }) => url.kind === 'sandbox');
  const sandbox = needsSandbox
    ? await startSandboxProcess({ ...config.sandbox, listen: { host: '127.0.0.1', port: 0 } })
    : undefined;
  const logLines: string[] = [];
  const gateway = new Gateway({
    loaded: { ...loaded, config: { ...config, ledger: options.ledger ?? `sqlite://${folder}/comporta.db` } },
    source,
    version: 'test',
    remember: false,
    clock: systemClock,
    random: systemRandom,
    log: createLog(config.log.level, { write: (line) => void logLines.push(line) }),
    sandboxUrl: options.sandboxUrl ?? sandbox?.url,
  });
  await gateway.start();
  return {
    url: gateway.url,
    adminUrl: gateway.adminUrl!,
    logLines,
    metrics: async () => (await fetch(`${gateway.url}/metrics`)).json(),
    drain: () => gateway.drain(),
    stop: async () => {
      await gateway.stop();
      await sandbox?.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
