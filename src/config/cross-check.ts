import { type Finding, finding, isMapping } from './issues.ts';
import type { Path, Position } from './problem.ts';
import { unknownName } from './schema/section.ts';
import type { Address, Config } from './schema.ts';

/**
 * What one place of the file says about another: names that must exist, pairs that must not meet. It reads the
 * plain data, whatever its shape, so that these findings come together with the schema's.
 */
export function checkReferences(data: unknown, positionOf: (path: Path) => Position): Finding[] {
  if (!isMapping(data)) return [];
  const ruleIds = checkRuleIds(data.rules, positionOf);
  if (!Array.isArray(data.routes)) return ruleIds;
  return [...checkRoutes(data, data.routes, positionOf), ...ruleIds];
}

function checkRoutes(
  data: Readonly<Record<string, unknown>>,
  routes: readonly unknown[],
  positionOf: (path: Path) => Position,
): Finding[] {
  const names = isMapping(data.upstreams) ? new Set(Object.keys(data.upstreams)) : undefined;
  const seen = new Map<string, Path>();
  return routes.flatMap((route, index) => {
    if (!isMapping(route)) return [];
    const path = ['routes', index];
    return [
      ...checkUpstream(route.upstream, names, [...path, 'upstream']),
      ...checkRewrite(route.path, route.rewrite, [...path, 'rewrite']),
      ...checkControls(route.params, [...path, 'params']),
      ...checkDuplicate(route, path, seen, positionOf),
    ];
  });
}

function checkUpstream(written: unknown, names: ReadonlySet<string> | undefined, path: Path): Finding[] {
  const isScalar = typeof written === 'string' || typeof written === 'number' || typeof written === 'boolean';
  if (!isScalar || names === undefined) return [];
  const name = String(written).trim();
  if (names.has(name)) return [];
  if (names.size === 0) return [finding(path, 'value', `unknown upstream \`${name}\`; add it to upstreams`)];
  return [finding(path, 'value', unknownName('upstream', name, [...names]))];
}

function checkRewrite(from: unknown, to: unknown, path: Path): Finding[] {
  if (typeof from !== 'string' || typeof to !== 'string' || !to.endsWith('*') || from.endsWith('*'))
    return [];
  return [finding(path, 'value', 'ends in `*`, but the route’s path has no `*`; end both in /*, or neither')];
}

function checkControls(params: unknown, path: Path): Finding[] {
  if (!isMapping(params)) return [];
  const owners = new Map<unknown, string>();
  return Object.entries(params).flatMap(([name, param]) => {
    const control = isMapping(param) ? param.control : undefined;
    if (typeof control !== 'string') return [];
    const owner = owners.get(control);
    if (owner === undefined) {
      owners.set(control, name);
      return [];
    }
    return [
      finding([...path, name, 'control'], 'value', `\`${owner}\` is already the ${control} of this route`),
    ];
  });
}

function checkDuplicate(
  route: Readonly<Record<string, unknown>>,
  path: Path,
  seen: Map<string, Path>,
  positionOf: (path: Path) => Position,
): Finding[] {
  const written: unknown = route.methods ?? ['*'];
  if (typeof route.path !== 'string' || !Array.isArray(written)) return [];
  const methods = new Set(written.filter((one) => typeof one === 'string').map((one) => one.toUpperCase()));
  const found: Finding[] = [];
  for (const method of methods) {
    const key = `${method} ${route.path}`;
    // Routes of one path are tried in their order: behind one that takes any method, no other is ever reached.
    const first = seen.get(`* ${route.path}`) ?? seen.get(key);
    if (first === undefined || first === path) {
      seen.set(key, path);
      continue;
    }
    const what = method === '*' ? route.path : key;
    const here = positionOf([...path, 'path']).line;
    const there = positionOf([...first, 'path']).line;
    found.push(
      finding(
        [...path, 'path'],
        'value',
        `${what} is on line ${here} and already on line ${there}; keep one of them`,
      ),
    );
  }
  return found;
}

/** Rules are told apart by their ids. */
function checkRuleIds(rules: unknown, positionOf: (path: Path) => Position): Finding[] {
  if (!Array.isArray(rules)) return [];
  const seen = new Map<string, Path>();
  return rules.flatMap((rule: unknown, index) => {
    const written: unknown = isMapping(rule) ? rule.id : undefined;
    if (typeof written !== 'string' && typeof written !== 'number') return [];
    const id = String(written).trim();
    const path = ['rules', index, 'id'];
    const first = seen.get(id);
    if (first === undefined) {
      seen.set(id, path);
      return [];
    }
    const message = `the rule on line ${positionOf(first).line} is called \`${id}\` already; choose another id`;
    return [finding(path, 'value', message)];
  });
}

/** What values that are each right say together. */
export function checkValues(config: Config): Finding[] {
  const found: Finding[] = [];
  const { maxEntryBytes, maxSizeBytes } = config.cache;
  if (maxEntryBytes > maxSizeBytes) {
    found.push(
      finding(['cache', 'max_entry'], 'value', 'is larger than `cache.max_size`; an answer of it never fits'),
    );
  }
  if (isSameSocket(config.listen, config.admin.listen)) {
    found.push(finding(['admin', 'listen'], 'value', 'is the same address as `listen`; choose another port'));
  }
  const { token, viewerToken } = config.admin;
  if (token !== undefined && token === viewerToken) {
    const message = 'is the same as `admin.token`; nobody could tell which is meant';
    found.push(finding(['admin', 'viewer_token'], 'value', message));
  }
  const usesSandbox = Object.values(config.upstreams).some(({ url }) => url.kind === 'sandbox');
  if (usesSandbox && isSameSocket(config.listen, config.sandbox.listen)) {
    found.push(
      finding(['sandbox', 'listen'], 'value', 'is the same address as `listen`; choose another port'),
    );
  }
  if (usesSandbox && isSameSocket(config.admin.listen, config.sandbox.listen)) {
    found.push(
      finding(['sandbox', 'listen'], 'value', 'is the same address as `admin.listen`; choose another port'),
    );
  }
  return found;
}

function isSameSocket(one: Address, other: Address): boolean {
  const anywhere = ['0.0.0.0', '::'];
  const overlap = one.host === other.host || anywhere.includes(one.host) || anywhere.includes(other.host);
  return one.port === other.port && one.port !== 0 && overlap;
}
