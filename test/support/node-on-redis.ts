import { cpfAt } from '../../src/shared/cpf.ts';
import { call, score } from './score.ts';
import { startProcess } from './started.ts';

/** A line of the log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly reason?: string;
  readonly redis?: string;
}

/** Only what the process itself writes, one object a line. */
export function linesIn(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/** Of what is wrong, and why. */
export const faultsIn = (text: string): LogLine[] =>
  linesIn(text).filter(({ reason }) => typeof reason === 'string');

export interface Found {
  /** Of a paced call. */
  readonly paced: { readonly status: number; readonly code: string | undefined };
  /** What `/readyz` says. */
  readonly ready: unknown;
  /** All that the process has said. */
  readonly said: string;
}

/** Long enough for a Redis that cannot be used to be looked at again, more than once. */
const LOOKED_AGAIN_MS = 3_500;

/** A process on the Redis of this URL, for a while: whether it serves, what it says, and that it lives until it is ended. */
export async function runOnRedis(
  url: string,
  env: Record<string, string> = {},
  forMs = LOOKED_AGAIN_MS,
): Promise<Found> {
  const upstream = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({}) });
  const providers = {
    SCORE_API_URL: upstream.url.href,
    EXTERNAL_SERVICE_URL: upstream.url.href,
    MERCADOLIBRE_URL: upstream.url.href,
  };
  const node = await startProcess([], { env: { ...env, ...providers, REDIS_URL: url } });
  const rest = node.rest();
  try {
    const { status, json } = await score(node.url, cpfAt(1));
    const ready = (await call(`${node.url}/readyz`)).json;
    const unpaced = await call(`${node.url}/ml/x`);
    if (unpaced.status !== 200) throw new Error(`a call that is not paced was answered ${unpaced.status}`);
    await Bun.sleep(forMs);
    node.kill('SIGTERM');
    const code = await node.exited;
    if (code !== 0) throw new Error(`it ended with ${code}: ${await rest}`);
    return { paced: { status, code: json?.code }, ready, said: node.said + (await rest) };
  } finally {
    await upstream.stop(true);
  }
}
