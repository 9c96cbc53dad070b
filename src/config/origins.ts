import { isMapping } from './issues.ts';
import { fileJsonSchema, type JsonSchema, mappingSchema } from './json-schema.ts';
import { formatPath, type Path } from './problem.ts';

/** Where a value in force came from. */
export interface Origin {
  readonly kind: 'flag' | 'env' | 'file' | 'default';
  /** The flag, the variables, or file:line:column; empty for a default. */
  readonly where: string;
}

/** A value in force, in the file's own terms (`10s`), and where it came from. */
export interface Setting {
  /** Undefined: not set, and there is no default. */
  readonly value: unknown;
  readonly origin: Origin;
}

/**
 * Every value in force with its origin, by its path in the file's own terms (`upstreams.score.timeout`), defaults included.
 * `originAt` answers for values that the file or a flag gives.
 */
export function settingsOf(data: unknown, originAt: (path: Path) => Origin): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>();
  const walk = (schema: JsonSchema, value: unknown, path: Path): void => {
    if (value === undefined) {
      const mapping = isMapping(schema.default) ? mappingSchema(schema) : undefined;
      if (mapping?.properties === undefined) {
        settings.set(formatPath(path), { value: schema.default, origin: { kind: 'default', where: '' } });
      } else walkMapping(mapping, {}, path);
      return;
    }
    const mapping = isMapping(value) ? mappingSchema(schema) : undefined;
    if (isMapping(value) && mapping !== undefined) walkMapping(mapping, value, path);
    else if (Array.isArray(value) && value.length > 0) {
      for (const [index, item] of value.entries()) walk(schema.items ?? {}, item, [...path, index]);
    } else settings.set(formatPath(path), { value, origin: originAt(path) });
  };
  const walkMapping = (schema: JsonSchema, value: Readonly<Record<string, unknown>>, path: Path): void => {
    const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
    for (const name of new Set([...Object.keys(schema.properties ?? {}), ...Object.keys(value)])) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      walk(schema.properties?.[name] ?? rest, given, [...path, name]);
    }
  };
  walk(fileJsonSchema(), data, []);
  return settings;
}
