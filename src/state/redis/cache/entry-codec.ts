import { constants, deflateRaw, inflateRaw, type ZlibOptions } from 'node:zlib';
import { CacheEntry } from '../../../policies/cache/entry.ts';
import type { Fields } from '../../../policies/cache/fields.ts';

/** Of another form, an answer is as if it were not there. */
const FORM = 1;
/** What compression saves has to be worth undoing it. */
const WORTH = 0.9;
/** Of the header: many times what HTTP servers send. */
const MOST_HEADER_BYTES = 262_144;
const LENGTH_BYTES = 4;

/** An answer of more bytes is not one with a body of `maxEntryBytes`. */
export function mostStoredBytes(maxEntryBytes: number): number {
  return LENGTH_BYTES + MOST_HEADER_BYTES + maxEntryBytes;
}

/** Times are ms from the moment it was stored: no two nodes have one clock. */
interface Header {
  readonly form: number;
  readonly status: number;
  readonly headers: Fields;
  /** Bytes of the body as given; absent: there is none. */
  readonly bytes?: number;
  readonly compressed?: true;
  readonly born: number;
  readonly fresh: number;
  readonly whileRevalidate?: number;
  readonly ifError?: number;
  readonly mustRevalidate: boolean;
  readonly keep: number;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly vary: readonly string[];
}

/**
 * An answer as bytes: the length of its header in 4 bytes, the header as JSON, the body. Rejects when the header has
 * more than 256 KiB.
 */
export async function encodeEntry(
  { facts }: CacheEntry,
  nowMs: number,
  compressAboveBytes: number,
): Promise<Buffer> {
  const { answer } = facts;
  const { body } = answer;
  const small = body === undefined ? undefined : await compressed(body, answer.headers, compressAboveBytes);
  const header: Header = {
    form: FORM,
    status: answer.status,
    headers: answer.headers,
    ...(body === undefined ? {} : { bytes: body.byteLength }),
    ...(small === undefined ? {} : { compressed: true }),
    born: facts.bornAtMs - nowMs,
    fresh: facts.freshUntilMs - nowMs,
    ...(facts.staleWhileRevalidateUntilMs === undefined
      ? {}
      : { whileRevalidate: facts.staleWhileRevalidateUntilMs - nowMs }),
    ...(facts.staleIfErrorUntilMs === undefined ? {} : { ifError: facts.staleIfErrorUntilMs - nowMs }),
    mustRevalidate: facts.mustRevalidate,
    keep: facts.keepUntilMs - nowMs,
    ...(facts.etag === undefined ? {} : { etag: facts.etag }),
    ...(facts.lastModified === undefined ? {} : { lastModified: facts.lastModified }),
    vary: facts.vary,
  };
  const head = Buffer.from(JSON.stringify(header));
  if (head.byteLength > MOST_HEADER_BYTES)
    throw new RangeError(`a header of ${head.byteLength} bytes is not kept`);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(head.byteLength);
  return Buffer.concat([length, head, small ?? body ?? Buffer.alloc(0)]);
}

/**
 * The entry, stored at `storedAtMs` of this node's clock. Rejects when these are not the bytes of one, or its body has
 * more than `maxEntryBytes`.
 */
export async function decodeEntry(
  bytes: Buffer,
  storedAtMs: number,
  maxEntryBytes: number,
): Promise<CacheEntry> {
  const bodyAt = LENGTH_BYTES + bytes.readUInt32BE(0);
  const header = JSON.parse(bytes.subarray(LENGTH_BYTES, bodyAt).toString()) as Header;
  if (header.form !== FORM) throw new RangeError(`an answer of form ${header.form} cannot be read`);
  const at = (ms: number) => storedAtMs + ms;
  const atOr = (ms: number | undefined) => (ms === undefined ? undefined : at(ms));
  return new CacheEntry({
    answer: {
      status: header.status,
      headers: header.headers,
      body: await bodyOf(header, bytes.subarray(bodyAt), maxEntryBytes),
      origin: 'upstream',
    },
    bornAtMs: at(header.born),
    freshUntilMs: at(header.fresh),
    staleWhileRevalidateUntilMs: atOr(header.whileRevalidate),
    staleIfErrorUntilMs: atOr(header.ifError),
    mustRevalidate: header.mustRevalidate,
    keepUntilMs: at(header.keep),
    etag: header.etag,
    lastModified: header.lastModified,
    vary: header.vary,
  });
}

async function bodyOf(
  { bytes, compressed }: Header,
  stored: Buffer,
  maxEntryBytes: number,
): Promise<Uint8Array | undefined> {
  if (bytes === undefined) return undefined;
  if (bytes > maxEntryBytes) throw new RangeError(`a body of ${bytes} bytes is too large`);
  // Of its own: a view would keep everything that came with it.
  const body = compressed ? await inflate(stored, { maxOutputLength: maxEntryBytes }) : stored;
  if (body.byteLength !== bytes) throw new RangeError(`the body has ${body.byteLength} bytes, not ${bytes}`);
  return new Uint8Array(body);
}

async function compressed(
  body: Uint8Array,
  headers: Fields,
  aboveBytes: number,
): Promise<Buffer | undefined> {
  if (body.byteLength <= aboveBytes) return undefined;
  if (headers.some(([name]) => name.toLowerCase() === 'content-encoding')) return undefined;
  const small = await deflate(body, { level: constants.Z_BEST_SPEED });
  return small.byteLength <= body.byteLength * WORTH ? small : undefined;
}

/** Off this thread: a large body would hold up everybody else. */
function deflate(bytes: Uint8Array, options: ZlibOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflateRaw(bytes, options, (error, small) => (error === null ? resolve(small) : reject(error)));
  });
}

/** Rejects when there is more than `maxOutputLength`. */
function inflate(bytes: Uint8Array, options: ZlibOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    inflateRaw(bytes, options, (error, whole) => (error === null ? resolve(whole) : reject(error)));
  });
}
