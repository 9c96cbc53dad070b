import { cpuMs, type ServerProcess } from './process.ts';

/** What a real client sends; the upstream and the cache see these too. */
export const CLIENT_HEADERS: Readonly<Record<string, string>> = {
  Accept: 'application/json',
  'User-Agent': 'bench/1.0 (+https://example.invalid)',
  'client-id': 'bench',
};

export const CONNECTIONS = 64;

/** One run of load against one server. */
export interface LoadResult {
  readonly requests: number;
  readonly perSec: number;
  /** CPU time of the server process for each request, in µs. */
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const wrkPath = (): string | null => Bun.which('wrk');

/** Runs wrk (one thread, kept connections) against `path`, or what a Lua script asks for. Throws when any answer is not 2xx or a socket fails. */
export async function runWrk(
  wrk: string,
  server: ServerProcess,
  path: string,
  seconds: number,
  script?: string,
): Promise<LoadResult> {
  const beforeMs = cpuMs(server.pid);
  const text = await spawnWrk(wrk, server, path, seconds, CLIENT_HEADERS, script);
  const usedMs = cpuMs(server.pid) - beforeMs;
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  const perSec = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (!(requests > 0) || /Non-2xx|Socket errors/.test(text)) {
    throw new Error(`wrk against ${server.name}${path} did not go well:\n${text}`);
  }
  const cpuUs = (usedMs * 1_000) / requests;
  return { requests, perSec, cpuUs, p50Ms: latencyMs(text, 50), p99Ms: latencyMs(text, 99) };
}

/** What a client was told that may be refused. */
export interface RefusedLoad {
  readonly passed: number;
  readonly refused: number;
  readonly perSec: number;
}

/** The same as one client, whose answers may be refusals. Throws when a socket fails. */
export async function runRefusedWrk(
  wrk: string,
  server: ServerProcess,
  path: string,
  seconds: number,
  client: string,
): Promise<RefusedLoad> {
  const text = await spawnWrk(wrk, server, path, seconds, { ...CLIENT_HEADERS, 'client-id': client });
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const perSec = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (!(requests > 0) || /Socket errors/.test(text)) {
    throw new Error(`wrk against ${server.name}${path} did not go well:\n${text}`);
  }
  return { passed: requests - refused, refused, perSec };
}

function latencyMs(text: string, percent: number): number {
  const [, value, unit] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
  return Number(value) * { us: 0.001, ms: 1, s: 1_000 }[unit as 'us' | 'ms' | 's'];
}

async function spawnWrk(
  wrk: string,
  server: ServerProcess,
  path: string,
  seconds: number,
  clientHeaders: Readonly<Record<string, string>>,
  script?: string,
): Promise<string> {
  const headers = Object.entries(clientHeaders).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const cmd = [wrk, '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', ...headers];
  cmd.push(...(script === undefined ? [] : ['-s', script]), server.url + path);
  const child = Bun.spawn({ cmd, stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const text = await new Response(child.stdout).text();
  await child.exited;
  return text;
}
