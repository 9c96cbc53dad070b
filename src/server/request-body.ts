import { type BodySource, collect, StreamBody, streamSource } from '../gateway/body.ts';
import type { RequestBody } from '../gateway/command.ts';
import { contentLength } from '../gateway/transport/headers.ts';
import { GatewayError } from '../shared/errors.ts';

const NONE: RequestBody = { kind: 'none' };

export interface BodyRules {
  readonly maxBytes: number;
  /** Up to here a body is read whole before the command begins. */
  readonly bufferBytes: number;
  /** Reads every body whole: for a paced upstream (a slow sender must not hold a slot), JSON checks and retries. */
  readonly hold: boolean;
  readonly json: boolean;
}

/** The request's body by the rules of its route. Throws `body_too_large` or `invalid_request`. */
export function readBody(request: Request, rules: BodyRules): RequestBody | Promise<RequestBody> {
  const length = contentLength(request.headers.get('content-length'));
  const chunked = request.headers.has('transfer-encoding');
  if ((request.method === 'GET' || request.method === 'HEAD') && (chunked || (length ?? 0) > 0)) {
    // Bun.serve drops it: the upstream would answer a question that nobody asked.
    throw new GatewayError('invalid_request', {
      detail: `A ${request.method} request with a body cannot be passed on.`,
    });
  }
  if ((length === undefined || length === 0) && !chunked) {
    if (rules.json) throw notJson();
    return length === 0 && request.method !== 'GET' ? { kind: 'bytes', bytes: new Uint8Array(0) } : NONE;
  }
  if (length !== undefined && length > rules.maxBytes) throw tooLarge(rules.maxBytes);
  if (length !== undefined && !chunked && (rules.hold || length <= rules.bufferBytes)) {
    return request.bytes().then((bytes) => held(bytes, rules), broken);
  }
  if (request.body === null) return NONE;
  const stream = new StreamBody(limited(streamSource(request.body), rules.maxBytes));
  if (!rules.hold) return { kind: 'stream', stream, length };
  return collect(stream, rules.maxBytes).then((whole) => {
    if (whole instanceof StreamBody) throw tooLarge(rules.maxBytes);
    return held(whole, rules);
  }, broken);
}

function held(bytes: Uint8Array, rules: BodyRules): RequestBody {
  if (rules.json && !isJson(bytes)) throw notJson();
  return { kind: 'bytes', bytes };
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** A body without a declared length is measured as it comes. */
function limited(source: BodySource, maxBytes: number): BodySource {
  let seen = 0;
  return {
    read: async () => {
      const piece = await source.read();
      seen += piece?.byteLength ?? 0;
      if (seen <= maxBytes) return piece;
      source.cancel(undefined);
      throw tooLarge(maxBytes);
    },
    cancel: (reason) => source.cancel(reason),
  };
}

const tooLarge = (maxBytes: number): GatewayError =>
  new GatewayError('body_too_large', { detail: `The body may have at most ${maxBytes} bytes here.` });

const notJson = (): GatewayError =>
  new GatewayError('invalid_request', { detail: 'The body must be valid JSON.' });

function broken(error: unknown): never {
  if (error instanceof GatewayError) throw error;
  throw new GatewayError('invalid_request', {
    detail: 'The body ended before it was complete.',
    cause: error,
  });
}
