import { AdminProblem, invalid } from '../problems.ts';
import { findJsonFault } from './json-place.ts';

export const MAX_BODY_BYTES = 1_048_576;

/** What an operation takes as its body. */
export interface BodyRules {
  /** Lower case. */
  readonly types: readonly string[];
  readonly maxBytes: number;
}

export interface TextBody {
  /** One of the accepted types. */
  readonly type: string;
  readonly text: string;
}

/**
 * The whole body as text. Throws `unsupported_media_type` for another type, charset or content encoding,
 * `body_too_large` as soon as it is, and `invalid_request` for what is not UTF-8.
 */
export async function readTextBody(request: Request, { types, maxBytes }: BodyRules): Promise<TextBody> {
  const type = acceptedType(request.headers, types);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await readBytes(request, maxBytes);
  try {
    return { type, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) throw invalid([{ field: '', message: 'the body is not valid UTF-8' }]);
    throw error;
  }
}

/** The value of a JSON text. Throws `invalid_request` with line and column. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const fault = findJsonFault(text);
    if (fault === undefined) throw invalid([{ field: '', message: 'the body is not valid JSON' }]);
    const { line, column, message } = fault;
    throw invalid([{ field: '', line, column, message: `not valid JSON: ${message}` }]);
  }
}

function acceptedType(headers: Headers, types: readonly string[]): string {
  const header = headers.get('content-type') ?? '';
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  const encoding = headers.get('content-encoding');
  if (types.includes(type) && isUtf8 && (encoding === null || encoding === 'identity')) return type;
  throw new AdminProblem('unsupported_media_type', {
    detail: `The body must be ${types.join(' or ')}, in UTF-8 and without content encoding.`,
    headers: { Accept: types.join(', ') },
  });
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const { body } = request;
  if (body === null) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of body) {
    total += piece.byteLength;
    if (total > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(maxBytes: number): AdminProblem {
  return new AdminProblem('body_too_large', {
    detail: `The body must be at most ${maxBytes / 1_048_576} MB.`,
  });
}
