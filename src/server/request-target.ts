/** The path (normalised, no dot segments) and query (without `?`) of a request. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/**
 * Takes apart what Bun.serve gives as `request.url`. It is absolute and normalised by the WHATWG URL rules when the
 * `Host` header is usable; otherwise it is the bare target as sent, which is normalised here, so that no dot
 * segment gets past a route. Undefined when it cannot be read.
 */
export function requestTarget(url: string): RequestTarget | undefined {
  let start = 0;
  if (url.charCodeAt(0) === 47) {
    const parsed = URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined;
    if (parsed === undefined) return undefined;
    url = parsed.pathname + parsed.search;
  } else {
    start = url.indexOf('/', 8);
    if (start === -1) return { path: '/', query: '' };
  }
  let end = url.indexOf('#', start);
  if (end === -1) end = url.length;
  const question = url.indexOf('?', start);
  if (question === -1 || question > end) return { path: url.slice(start, end), query: '' };
  return { path: url.slice(start, question), query: url.slice(question + 1, end) };
}
