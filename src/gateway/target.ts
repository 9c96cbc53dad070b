/** The upstream's path: `rewrite` with its trailing `*` replaced by what the route's `*` matched. */
export function rewritePath(routePath: string, rewrite: string | undefined, path: string): string {
  if (rewrite === undefined) return path;
  if (!rewrite.endsWith('*')) return rewrite;
  // `/ml/*` matches from the slash before the star on: '' for `/ml` itself.
  const matched = routePath.endsWith('/*') ? path.slice(routePath.length - 1) : '';
  return rewrite.slice(0, -1) + matched;
}

/**
 * The query without the parameters in `removed`, and with those in `checked` as they were checked: `values[name]`,
 * once. The rest stays byte for byte. '' or `?…`.
 */
export function rewriteQuery(
  query: string,
  removed: ReadonlySet<string>,
  checked: ReadonlySet<string>,
  values: Readonly<Record<string, string>>,
): string {
  if (query === '') return '';
  const kept: string[] = [];
  const done = new Set<string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = decodeParam(equals === -1 ? pair : pair.slice(0, equals));
    if (removed.has(name)) continue;
    const value = checked.has(name) ? values[name] : undefined;
    if (value === undefined) kept.push(pair);
    else if (!done.has(name)) {
      // A repeated parameter was checked by its first value only, so only that one goes on.
      done.add(name);
      kept.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    }
  }
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

/** The first value of a query parameter, decoded; undefined when it is not there. */
export function queryParam(query: string, wanted: string): string | undefined {
  if (query === '') return undefined;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (name === wanted || decodeParam(name) === wanted) {
      return equals === -1 ? '' : decodeParam(pair.slice(equals + 1));
    }
  }
  return undefined;
}

/** Form decoding (`+` is a space); what is not valid UTF-8 escapes stays as written. */
function decodeParam(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
