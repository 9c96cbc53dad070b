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
  const headers = Object.entries(CLIENT_HEADERS).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const duration = `${seconds}s`;
  const cmd = [wrk, '-t1', `-c${CONNECTIONS}`, `-d${duration}`, '--latency', ...headers];
  cmd.push(...(script === undefined ? [] : ['-s', script]), server.url + path);
  const beforeMs = cpuMs(server.pid);
  const child = Bun.spawn({ cmd, stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const text = await new Response(child.stdout).text();
  await child.exited;
  const usedMs = cpuMs(server.pid) - beforeMs;
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  const perSec = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  const latencyMs = (percent: number): number => {
    const [, value, unit] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
    return Number(value) * { us: 0.001, ms: 1, s: 1_000 }[unit as 'us' | 'ms' | 's'];
  };
  if (!(requests > 0) || /Non-2xx|Socket errors/.test(text)) {
    throw new Error(`wrk against ${server.name}${path} did not go well:\n${text}`);
  }
  const cpuUs = (usedMs * 1_000) / requests;
  return { requests, perSec, cpuUs, p50Ms: latencyMs(50), p99Ms: latencyMs(99) };
}
