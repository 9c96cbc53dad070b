import { maskNumbers } from '../shared/mask-numbers.ts';

/** Parameters whose value is a secret by their usual meaning. */
const SECRET = /^(?:.*(?:token|secret|passw|signature)|api[-_]?key|key|sig|auth)/i;

/**
 * A path and query as a log may have it: the values of personal and secret parameters become `***`, and numbers of
 * a tax id's length are masked wherever they stand.
 */
export function maskTarget(path: string, query: string, personal: ReadonlySet<string>): string {
  const shown = maskNumbers(path);
  if (query === '') return shown;
  const pairs = query.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1) return maskNumbers(pair);
    const name = pair.slice(0, equals);
    const plain = decodeName(name);
    if (personal.has(plain) || SECRET.test(plain)) return `${name}=***`;
    return maskNumbers(pair);
  });
  return `${shown}?${pairs.join('&')}`;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
