import { createBrotliDecompress, createGunzip, createInflate, constants as zlib } from 'node:zlib';

/** Of a decoded answer, so many bytes are shown. */
export const SHOWN_BYTES = 65_536;
/** So much more is decoded that what the cut would tear apart is still whole when it is masked. */
export const SHOWN_MARGIN_BYTES = 64;
/** Of a packed answer, so many bytes are unpacked. */
export const KEPT_BYTES = 262_144;

export interface AnswerText {
  /** Undefined: the bytes are no text. */
  readonly text: string | undefined;
  /** Whether there is more than is here. */
  readonly cut: boolean;
}

/**
 * The beginning of an answer as text: `received` (at most its first KEPT_BYTES), unpacked as `encoding` says. What
 * cannot be unpacked is no text.
 */
export async function answerText(
  received: Buffer,
  whole: boolean,
  encoding: string,
  type: string,
): Promise<AnswerText> {
  const unpacked = await unpack(received, encoding.trim().toLowerCase());
  if (unpacked === undefined) return { text: undefined, cut: !whole };
  const cut = !whole || unpacked.length > SHOWN_BYTES;
  return { text: textOf(unpacked, cut, type), cut };
}

/** At most SHOWN_BYTES and the margin of what was packed; undefined when it is packed another way. */
function unpack(received: Buffer, encoding: string): Promise<Buffer | undefined> {
  const most = SHOWN_BYTES + SHOWN_MARGIN_BYTES;
  if (encoding === '' || encoding === 'identity') return Promise.resolve(received.subarray(0, most));
  const unpacker = unpackerOf(encoding);
  if (unpacker === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const kept: Buffer[] = [];
    let bytes = 0;
    const settle = (result: Buffer | undefined) => {
      unpacker.destroy();
      resolve(result);
    };
    unpacker.on('data', (chunk: Buffer) => {
      kept.push(chunk);
      bytes += chunk.length;
      // Whatever it would grow to, no more of it is unpacked.
      if (bytes >= most) settle(Buffer.concat(kept).subarray(0, most));
    });
    unpacker.on('end', () => settle(Buffer.concat(kept)));
    unpacker.on('error', () => settle(bytes === 0 ? undefined : Buffer.concat(kept)));
    unpacker.end(received);
  });
}

/** They take an answer of which the end is missing. */
function unpackerOf(encoding: string) {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip({ finishFlush: zlib.Z_SYNC_FLUSH });
    case 'deflate':
      return createInflate({ finishFlush: zlib.Z_SYNC_FLUSH });
    case 'br':
      return createBrotliDecompress({ finishFlush: zlib.BROTLI_OPERATION_FLUSH });
    default:
      return undefined;
  }
}

function textOf(bytes: Buffer, cut: boolean, type: string): string | undefined {
  const charset = /;\s*charset\s*=\s*"?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8';
  try {
    // As of a stream, so that a character that the cut tears apart is no fault.
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes, { stream: cut });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
