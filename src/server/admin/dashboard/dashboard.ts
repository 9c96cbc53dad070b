import { AdminProblem, notFound } from '../problems.ts';
import { acceptsGzip } from './accepts-gzip.ts';
import { type BuiltFile, type BuiltFiles, readBuiltFiles } from './built-files.ts';

/** A year: the name is another one as soon as the content is. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** What is answered while there is nothing to answer. It has no style, because the policy takes none inline. */
const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Comporta: the dashboard is not built</title>
<h1>The dashboard is not built</h1>
<p>The gateway is running, and so is its admin API below <code>api/v1</code>.</p>
<p>Run <code>npm run build</code> in the folder of Comporta, and load this page again. No restart is needed.</p>
</html>
`;

/**
 * The built dashboard, from memory: what was not found when the folder was read is not served, so no path leads out
 * of it. The folder is read at the first request that finds it built.
 */
export class Dashboard {
  private reading: Promise<BuiltFiles | undefined> | undefined;

  /** `folder` is what Vite builds: `index.html`, and `assets/` with the hash of each file in its name. */
  constructor(private readonly folder: string) {}

  /**
   * The answer to GET or HEAD of a path below the dashboard's own address; empty for the page itself. Throws an
   * AdminProblem for another method or an unknown path, RangeError when the folder is too large.
   */
  async answer(method: string, path: string, headers: Headers): Promise<Response> {
    const files = await this.files();
    const name = path === '' ? 'index.html' : path;
    const file = files?.get(name);
    if (file === undefined && (files !== undefined || name !== 'index.html')) throw notFound('such path');
    if (method !== 'GET' && method !== 'HEAD') {
      throw new AdminProblem('method_not_allowed', {
        detail: `This resource takes GET and HEAD, not ${method}.`,
        headers: { Allow: 'GET, HEAD' },
      });
    }
    return file === undefined ? notBuilt() : answerWith(file, headers);
  }

  private files(): Promise<BuiltFiles | undefined> {
    const reading = this.reading ?? readBuiltFiles(this.folder);
    this.reading = reading;
    // What is not there, or cannot be read, may be so at the next request.
    const forget = () => {
      if (this.reading === reading) this.reading = undefined;
    };
    reading.then((files) => files === undefined && forget(), forget);
    return reading;
  }
}

function notBuilt(): Response {
  return new Response(NOT_BUILT, {
    status: 503,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
  });
}

function answerWith({ type, body, gzipped, hash, hashed }: BuiltFile, headers: Headers): Response {
  const sent = acceptsGzip(headers.get('accept-encoding')) ? gzipped : undefined;
  // A strong tag names the very bytes, so each coding has its own (RFC 9110 section 8.8.3.3).
  const etag = sent === undefined ? `"${hash}"` : `"${hash}-gzip"`;
  const answer = new Headers({ ETag: etag, 'Cache-Control': hashed ? FOR_EVER : 'no-cache' });
  if (gzipped !== undefined) answer.set('Vary', 'Accept-Encoding');
  if (namesTag(headers.get('if-none-match'), etag))
    return new Response(null, { status: 304, headers: answer });
  answer.set('Content-Type', type);
  if (sent !== undefined) answer.set('Content-Encoding', 'gzip');
  // Said, because the answer to HEAD has no body to count.
  answer.set('Content-Length', String((sent ?? body).length));
  return new Response(sent ?? body, { headers: answer });
}

/** `If-None-Match` compares weakly (RFC 9110 section 13.1.2). */
function namesTag(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
