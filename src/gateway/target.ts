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
  if (isAsChecked(query, checked, values)) return `?${query}`;
  const kept: string[] = [];
  let done: string[] | undefined;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = decodeParam(equals === -1 ? pair : pair.slice(0, equals));
    if (removed.has(name)) continue;
    const value = checked.has(name) ? values[name] : undefined;
    if (value === undefined) kept.push(pair);
    else if (done?.includes(name) !== true) {
      // A repeated parameter was checked by its first value only, so only that one goes on.
      done ??= [];
      done.push(name);
      kept.push(`${encodeParam(name)}=${encodeParam(value)}`);
    }
  }
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

/** Whether the query is one parameter that stands there as it was checked: the usual call of a checked route. */
function isAsChecked(
  query: string,
  checked: ReadonlySet<string>,
  values: Readonly<Record<string, string>>,
): boolean {
  if (!/^[\w.~-]+=[\w.~-]*$/.test(query)) return false;
  const equals = query.indexOf('=');
  const name = query.slice(0, equals);
  return checked.has(name) && values[name] === query.slice(equals + 1);
}

/** The first value of a query parameter, decoded; undefined when it is not there. */
export function queryParam(query: string, wanted: string): string | undefined {
  if (query === '') return undefined;
  // Nearly always a parameter that is not there is not there in letters either.
  if (!query.includes(wanted) && !isEscaped(query)) return undefined;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (name === wanted || decodeParam(name) === wanted) {
      return equals === -1 ? '' : decodeParam(pair.slice(equals + 1));
    }
  }
  return undefined;
}

const isEscaped = (text: string): boolean => text.includes('%') || text.includes('+');

const encodeParam = (text: string): string => (/^[\w.~-]*$/.test(text) ? text : encodeURIComponent(text));

/** Form decoding (`+` is a space); what is not valid UTF-8 escapes stays as written. */
function decodeParam(text: string): string {
  if (!isEscaped(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
