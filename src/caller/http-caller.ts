import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { Clock } from '../shared/clock.ts';
import type { CallRequest } from './call-request.ts';

/** How one call ended. `latencyMs` runs from the call to the last byte of its answer. */
export interface CallResult {
  readonly latencyMs: number;
  readonly cacheHit: boolean;
  readonly outcome:
    | { readonly kind: 'ok' }
    /** `code`: that of problem+json, else `http_<status>`, else what the network or the timeout did. */
    | { readonly kind: 'failed'; readonly code: string }
    | { readonly kind: 'aborted' };
}

export interface CallerSettings {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Connections at once. */
  readonly maxConnections: number;
  /** False opens a connection for every call: right when calls are so far apart that idle ones get closed. */
  readonly keepAlive: boolean;
}

/** Only as much of a failed answer is kept as a problem document needs. */
const MAX_PROBLEM_BYTES = 65_536;

/**
 * Makes calls over connections of its own. `node:http`, not `fetch`: Bun's fetch sends at most
 * BUN_CONFIG_MAX_HTTP_REQUESTS at once (256), which is read when the process starts and cannot be raised later.
 */
export class HttpCaller {
  private readonly agent: Agent;

  constructor(
    url: URL,
    private readonly settings: CallerSettings,
  ) {
    const options = {
      keepAlive: settings.keepAlive,
      maxSockets: settings.maxConnections,
      maxFreeSockets: settings.maxConnections,
    };
    this.agent = url.protocol === 'https:' ? new TlsAgent(options) : new Agent(options);
  }

  /** One call. Never rejects: whatever happens is a result. */
  call({ method, url, headers, body }: CallRequest, signal: AbortSignal): Promise<CallResult> {
    const { clock, timeoutMs } = this.settings;
    const startedAtMs = clock.now();
    return new Promise((resolve) => {
      let settled = false;
      const settle = (outcome: CallResult['outcome'], cacheHit = false) => {
        if (settled) return;
        settled = true;
        timer.cancel();
        signal.removeEventListener('abort', abort);
        if (outcome.kind !== 'ok') request.destroy();
        resolve({ latencyMs: clock.now() - startedAtMs, cacheHit, outcome });
      };
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(url, { agent: this.agent, method, headers }, (response) => {
        readAnswer(response).then(
          (code) =>
            settle(code === undefined ? { kind: 'ok' } : { kind: 'failed', code }, isCacheHit(response)),
          () => settle({ kind: 'failed', code: 'incomplete_answer' }),
        );
      });
      request.on('error', (error) => settle({ kind: 'failed', code: networkCode(error) }));
      const timer = clock.after(timeoutMs, () => settle({ kind: 'failed', code: 'timeout' }));
      const abort = () => settle({ kind: 'aborted' });
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      else request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Reads the answer to its end and tells its failure code, undefined for 2xx. Rejects when it is cut short. */
function readAnswer(response: IncomingMessage): Promise<string | undefined> {
  const status = response.statusCode ?? 0;
  const succeeded = status >= 200 && status < 300;
  return new Promise((resolve, reject) => {
    const kept: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (!succeeded && bytes <= MAX_PROBLEM_BYTES) kept.push(chunk);
    });
    response.on('end', () => {
      if (!response.complete) return reject(new Error('incomplete'));
      resolve(succeeded ? undefined : failureCode(status, response, Buffer.concat(kept).toString('utf8')));
    });
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('aborted')));
    response.on('close', () => reject(new Error('closed')));
  });
}

function failureCode(status: number, response: IncomingMessage, body: string): string {
  if (/^application\/problem\+json\b/i.test(response.headers['content-type'] ?? '')) {
    try {
      const { code } = JSON.parse(body) as { code?: unknown };
      if (typeof code === 'string' && /^[\w.-]{1,64}$/.test(code)) return code;
    } catch {
      // Not the problem document that it claims to be: the status says enough.
    }
  }
  return `http_${status}`;
}

/** RFC 9211: any cache on the way that says `hit`. */
function isCacheHit(response: IncomingMessage): boolean {
  const header = response.headers['cache-status'];
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return /;\s*hit\s*(?:[;,]|$)/i.test(text);
}

const NETWORK_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ENOTFOUND: 'host_not_found',
  EMFILE: 'too_many_open_files',
};

/** The code of an error of the network, such as `connection_refused`. */
export function networkCode(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'network_error';
  return NETWORK_CODES[code] ?? code.toLowerCase();
}
