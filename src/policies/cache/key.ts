import { digestOf } from './digest.ts';

/** What a key is made of: a request as it is on its way to the upstream. */
export interface KeyedRequest {
  /** Path and query. */
  readonly target: string;
  readonly params: Readonly<Record<string, string>>;
  readonly incoming: Headers;
}

export type KeyPart =
  | { readonly kind: 'path' }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'header'; readonly name: string };

export interface KeySettings {
  /** The route's path as configured. */
  readonly label: string;
  readonly upstream: string;
  /** Undefined: path and whole query. */
  readonly parts: readonly KeyPart[] | undefined;
  /** Query parameters that go to the upstream once, as they stand in `params`. */
  readonly checked: ReadonlySet<string>;
  /** True: credentials do not keep answers apart. */
  readonly shared: boolean;
  /** The header that tells the upstream who calls, lower case. */
  readonly clientHeader: string | undefined;
}

/** Headers whose bearer may get an answer of his own. Their values go into keys as digests. */
export const CREDENTIAL_HEADERS: readonly string[] = ['authorization', 'cookie', 'x-api-key'];
const CLIENT_ID = 'client-id';

type Reader = (request: KeyedRequest) => string | undefined;

/**
 * Makes the keys of one route: its label, the configured parts, and whose credentials came along. Parts are
 * written with their lengths and credentials with the header's place in the list, so that no two different
 * requests have one key. The method is not part of it.
 */
export class CacheKeys {
  /** What every key of the route begins with; purging the route means removing it. */
  readonly prefix: string;
  private readonly readers: readonly Reader[];
  private readonly bearers: readonly Reader[];

  constructor(settings: KeySettings) {
    this.prefix = `${oneLine(settings.label)}\n${oneLine(settings.upstream)}\n`;
    this.readers = (settings.parts ?? [{ kind: 'target' as const }]).map((part) => readerOf(part, settings));
    this.bearers = settings.shared ? [] : bearersOf(settings);
  }

  keyOf(request: KeyedRequest): string {
    let key = this.prefix;
    for (const read of this.readers) key += written(read(request));
    for (let place = 0; place < this.bearers.length; place++) {
      const bearer = this.bearers[place]!(request);
      if (bearer !== undefined) key += `\n${place}${written(bearer)}`;
    }
    return key;
  }

  /** Whether the request's key holds credentials: only their bearer gets its answer again. */
  isPartitioned(request: KeyedRequest): boolean {
    return this.bearers.some((read) => read(request) !== undefined);
  }
}

/** Undefined and every string are told apart, and where one part ends is known from its beginning. */
function written(value: string | undefined): string {
  return value === undefined ? '-' : `${value.length}:${value}`;
}

function readerOf(part: KeyPart | { readonly kind: 'target' }, settings: KeySettings): Reader {
  switch (part.kind) {
    case 'target':
      return ({ target }) => target;
    case 'path':
      return ({ target }) => {
        const end = target.indexOf('?');
        return end < 0 ? target : target.slice(0, end);
      };
    case 'header':
      return headerReader(part.name.toLowerCase());
    case 'query': {
      const { name } = part;
      return settings.checked.has(name)
        ? ({ params, target }) => params[name] ?? queryValues(target, name)
        : ({ target }) => queryValues(target, name);
    }
  }
}

function bearersOf(settings: KeySettings): Reader[] {
  const { clientHeader } = settings;
  const named = clientHeader !== undefined && ![...CREDENTIAL_HEADERS, CLIENT_ID].includes(clientHeader);
  return [
    ...CREDENTIAL_HEADERS.map(headerReader),
    // A client id is a name and no secret: it stays readable.
    headerReader(CLIENT_ID),
    ...(named ? [secretReader(clientHeader)] : []),
  ];
}

function headerReader(name: string): Reader {
  if (CREDENTIAL_HEADERS.includes(name)) return secretReader(name);
  return ({ incoming }) => incoming.get(name) ?? undefined;
}

function secretReader(name: string): Reader {
  return ({ incoming }) => {
    const value = incoming.get(name);
    return value === null ? undefined : digestOf(value);
  };
}

/**
 * All values of a query parameter in their order, or undefined when it is absent. They stay as written: decoding
 * could make two of them one.
 */
function queryValues(target: string, wanted: string): string | undefined {
  const start = target.indexOf('?');
  if (start < 0) return undefined;
  let values: string | undefined;
  for (const pair of target.slice(start + 1).split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (name !== wanted && decoded(name) !== wanted) continue;
    values = (values ?? '') + written(equals < 0 ? undefined : pair.slice(equals + 1));
  }
  return values;
}

function decoded(name: string): string {
  if (!name.includes('%') && !name.includes('+')) return name;
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

function oneLine(label: string): string {
  return label.replaceAll('\n', '%0A');
}
