import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { gzip } from 'node:zlib';

/** One file of the built dashboard, as it is sent. */
export interface BuiltFile {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Compressed once; absent where that would save nothing. */
  readonly gzipped: Uint8Array<ArrayBuffer> | undefined;
  /** Of the content, without quotes. */
  readonly hash: string;
  /** Whether its name changes with its content. */
  readonly hashed: boolean;
}

/** By the path below the dashboard's own address, such as `assets/main-1a2b3c.js`. */
export type BuiltFiles = ReadonlyMap<string, BuiltFile>;

/** More is no dashboard, and would stay in memory. */
const MOST_BYTES = 20 * 1_048_576;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Compressed already. */
const DENSE = new Set(['.ico', '.png', '.woff2']);

/**
 * Reads the folder that Vite has built into memory; undefined when there is no index.html in it. Files and folders
 * whose name begins with a dot, and links, are left out. Throws RangeError when it is larger than 20 MB, and the
 * system's error when it cannot be read.
 */
export async function readBuiltFiles(folder: string): Promise<BuiltFiles | undefined> {
  const paths = await pathsBelow(folder);
  if (!paths.includes('index.html')) return undefined;
  const sizes = await Promise.all(paths.map(async (path) => (await stat(join(folder, path))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes > MOST_BYTES) {
    throw new RangeError(
      `the dashboard in ${folder} is larger than ${MOST_BYTES / 1_048_576} MB (${bytes} bytes): build it again with \`npm run build\``,
    );
  }
  return new Map(
    await Promise.all(
      paths.map(async (path) => [encodeURI(path), await readBuiltFile(folder, path)] as const),
    ),
  );
}

async function readBuiltFile(folder: string, path: string): Promise<BuiltFile> {
  const body = new Uint8Array(await readFile(join(folder, path)));
  const extension = extname(path);
  const gzipped = DENSE.has(extension) ? undefined : await compressed(body);
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    body,
    gzipped: gzipped !== undefined && gzipped.length < body.length ? gzipped : undefined,
    hash: createHash('sha256').update(body).digest('base64url').slice(0, 22),
    hashed: path.startsWith('assets/'),
  };
}

/** On a thread of its own: a call that is due must not wait for it. */
function compressed(body: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    gzip(body, { level: 9 }, (error, result) => {
      if (error === null) resolve(new Uint8Array(result));
      else reject(error);
    });
  });
}

/** With `/` between folders. */
async function pathsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: { code?: string }) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep))
    .filter((steps) => !steps.some((step) => step.startsWith('.')))
    .map((steps) => steps.join('/'));
}
