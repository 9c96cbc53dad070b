import type { ParamConfig } from '../config/schema/route.ts';
import type { ClientSource } from '../config/schema.ts';
import { cpfDigits } from '../shared/cpf.ts';
import { GatewayError } from '../shared/errors.ts';
import { paramPattern } from '../shared/param-pattern.ts';
import type { Urgency } from '../shared/urgency.ts';
import { Command, type RequestBody } from './command.ts';
import type { Route } from './route.ts';
import { queryParam, rewritePath, rewriteQuery } from './target.ts';

/** A request as the edge received it. */
export interface IncomingRequest {
  readonly id: string;
  readonly method: string;
  /** Normalised: no dot segments, no query. */
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  readonly headers: Headers;
  readonly body: RequestBody;
  readonly ip: string;
  readonly arrivedAtMs: number;
  readonly abort: { readonly signal: AbortSignal };
}

/** Makes a command of a request, or throws `invalid_request` naming what is wrong with it. */
export type Admission = (request: IncomingRequest) => Command;

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/** Compiles the checks of one route: its parameters, its client and its urgency. */
export function compileAdmission(route: Route, identify: readonly ClientSource[]): Admission {
  const { config, upstream } = route;
  const params = Object.entries(config.params).map(([name, param]) => ({
    name,
    param,
    checkedValue: valueReader(name, param.pattern),
  }));
  // A control that may be missing is looked up by whom it controls.
  const read = params.filter(({ param }) => param.required || param.control === undefined);
  const controls = new Set(params.filter(({ param }) => param.control !== undefined).map(({ name }) => name));
  const checked = new Set(params.filter(({ param }) => param.pattern !== undefined).map(({ name }) => name));
  const sources = withControlParam(identify, params);
  const urgencyParam = params.find(({ param }) => param.control === 'urgency')?.name;
  const exactTarget = config.path.endsWith('*')
    ? undefined
    : rewritePath(config.path, config.rewrite, config.path);
  const { maxWaitMs } = upstream.queue;

  return (request) => {
    const { query, headers, path } = request;
    let values = NO_PARAMS;
    if (read.length > 0) {
      const found: Record<string, string> = {};
      for (const { name, param, checkedValue } of read) {
        const text = queryParam(query, name);
        if (text === undefined || text === '') {
          if (param.required) throw invalid(`The query parameter \`${name}\` is missing.`);
        } else if (param.control === undefined) found[name] = checkedValue(text);
      }
      values = found;
    }
    const clientId = clientIdOf(sources, request, config.client !== undefined) ?? config.client?.default;
    if (clientId === undefined && config.client?.required === true) {
      throw invalid(`The client is not named: send ${namedBy(sources)}.`);
    }
    const targetPath = exactTarget ?? rewritePath(config.path, config.rewrite, path);
    const targetQuery =
      params.length === 0
        ? query === ''
          ? ''
          : `?${query}`
        : rewriteQuery(query, controls, checked, values);
    return new Command({
      id: request.id,
      route,
      method: request.method,
      path,
      target: targetPath + targetQuery,
      params: values,
      incoming: withClientHeader(headers, config.client?.header, clientId),
      body: request.body,
      client: clientId ?? request.ip,
      clientId,
      ip: request,
      urgency: urgencyOf(
        urgencyParam === undefined ? undefined : queryParam(query, urgencyParam),
        headers,
        config.urgency,
      ),
      arrivedAtMs: request.arrivedAtMs,
      deadlineMs: request.arrivedAtMs + maxWaitMs,
      abort: request.abort,
    });
  };
}

/** A parameter declared as `control: client` names the client too, after the configured sources. */
function withControlParam(
  identify: readonly ClientSource[],
  params: ReadonlyArray<{ readonly name: string; readonly param: ParamConfig }>,
): readonly ClientSource[] {
  const named = params.filter(({ param }) => param.control === 'client').map(({ name }) => name);
  const missing = named.filter(
    (name) => !identify.some((source) => source.kind === 'query' && source.name === name),
  );
  const extra = missing.map((name): ClientSource => ({ kind: 'query', name }));
  const ip = identify.findIndex((source) => source.kind === 'ip');
  return ip === -1 ? [...identify, ...extra] : [...identify.slice(0, ip), ...extra, ...identify.slice(ip)];
}

const invalid = (detail: string): GatewayError => new GatewayError('invalid_request', { detail });

/** Checks a parameter and writes it the one way the upstream and the cache know it. Errors never repeat the value. */
function valueReader(name: string, pattern: string | undefined): (text: string) => string {
  if (pattern === undefined) return (text) => text;
  if (pattern === 'cpf') {
    return (text) => {
      const digits = cpfDigits(text);
      if (digits === undefined) throw invalid(`The query parameter \`${name}\` must be 11 digits.`);
      return digits;
    };
  }
  const expression = paramPattern(pattern);
  return (text) => {
    if (!expression.test(text)) {
      throw invalid(`The query parameter \`${name}\` does not have the form that is asked for.`);
    }
    return text;
  };
}

/** Longer ids are not ids: they would only fill maps and logs. */
const MAX_CLIENT_ID_LENGTH = 256;

/**
 * The id that the first source gives; undefined where that source is the address. A route that tells its upstream who
 * calls does not take an address.
 */
function clientIdOf(
  sources: readonly ClientSource[],
  request: IncomingRequest,
  namedOnly: boolean,
): string | undefined {
  for (const source of sources) {
    if (source.kind === 'ip') {
      if (!namedOnly) return undefined;
      continue;
    }
    const id =
      source.kind === 'header' ? request.headers.get(source.name) : queryParam(request.query, source.name);
    if (id === null || id === undefined || id === '') continue;
    if (id.length > MAX_CLIENT_ID_LENGTH) {
      throw invalid(`The client id is longer than ${MAX_CLIENT_ID_LENGTH} characters.`);
    }
    // It may go out as a header: control characters would be a header of their own.
    if (hasControlCharacter(id)) throw invalid('The client id contains a control character.');
    return id;
  }
  return undefined;
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 32 || code === 127 || code > 255) return true;
  }
  return false;
}

function namedBy(sources: readonly ClientSource[]): string {
  const ways = sources.flatMap((source) =>
    source.kind === 'ip'
      ? []
      : [
          source.kind === 'header'
            ? `the header \`${source.name}\``
            : `the query parameter \`${source.name}\``,
        ],
  );
  return ways.join(' or ');
}

function withClientHeader(headers: Headers, name: string | undefined, client: string | undefined): Headers {
  if (name === undefined || client === undefined || headers.get(name) === client) return headers;
  const changed = new Headers(headers);
  changed.set(name, client);
  return changed;
}

/**
 * The parameter's urgency, then that of the `Priority` header (RFC 9218, `u=0` … `u=7`), then the route's. A
 * parameter is ours, so a wrong one is refused; the header is the client's general statement, and RFC 9218 §4
 * has unknown or malformed members ignored, but an urgency out of range is a mistake that is worth telling.
 */
function urgencyOf(text: string | undefined, headers: Headers, fallback: Urgency): Urgency {
  if (text !== undefined && text !== '') {
    if (!/^[0-7]$/.test(text)) {
      throw invalid('The priority must be a whole number from 0 (most urgent) to 7.');
    }
    return Number(text) as Urgency;
  }
  const header = headers.get('priority');
  if (header === null) return fallback;
  const urgency = /(?:^|,)\s*u\s*=\s*([^,;\s]+)/.exec(header)?.[1];
  if (urgency === undefined) return fallback;
  if (!/^[0-7]$/.test(urgency)) {
    throw invalid('The urgency of the `Priority` header must be u=0 (most urgent) to u=7.');
  }
  return Number(urgency) as Urgency;
}
