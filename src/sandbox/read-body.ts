import type { IncomingMessage } from 'node:http';

const MAX_BODY_BYTES = 1_048_576;

export type RequestBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'too_large' }
  /** The caller left before the body was complete. */
  | { readonly kind: 'gone' };

/** Reads a JSON body of at most 1 MiB to its end; what comes above that is read and thrown away. */
export function readBody(request: IncomingMessage): Promise<RequestBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () => resolve(bytes > MAX_BODY_BYTES ? { kind: 'too_large' } : parse(chunks)));
    request.on('error', () => resolve({ kind: 'gone' }));
    request.on('close', () => resolve({ kind: 'gone' }));
  });
}

function parse(chunks: readonly Buffer[]): RequestBody {
  try {
    return { kind: 'json', value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { kind: 'invalid' };
  }
}
