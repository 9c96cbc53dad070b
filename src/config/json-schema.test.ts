import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { isMapping } from './issues.ts';
import { fileJsonSchema, type JsonSchema } from './json-schema.ts';

const ANNOTATIONS = ['$schema', 'title', 'description', 'default'];

/** What JSON Schema draft-07 says of a value, for the keywords that the configuration's schema uses. */
function errorsOf(schema: JsonSchema, value: unknown, path = ''): string[] {
  const errors: string[] = [];
  const wrong = (what: string) => void errors.push(`${path}: ${what}`);
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => isOfType(type, value))) wrong(`not a ${types}`);
  for (const keyword of Object.keys(schema)) {
    if (ANNOTATIONS.includes(keyword)) continue;
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`the schema uses ${keyword}, which this check does not know`);
    errors.push(...check(schema, value, path));
  }
  return errors;
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'object') return isMapping(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

type Check = (schema: JsonSchema, value: unknown, path: string) => string[];
const says = (isRight: boolean, message: string): string[] => (isRight ? [] : [message]);

const KEYWORDS: Record<string, Check> = {
  type: () => [],
  properties: (schema, value, path) =>
    isMapping(value)
      ? Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
          Object.hasOwn(value, name) ? errorsOf(one, value[name], `${path}/${name}`) : [],
        )
      : [],
  required: (schema, value, path) =>
    (schema.required ?? []).flatMap((name) =>
      says(!isMapping(value) || Object.hasOwn(value, name), `${path}: without ${name}`),
    ),
  additionalProperties: (schema, value, path) => {
    const rest = schema.additionalProperties ?? true;
    const names = isMapping(value) ? Object.keys(value) : [];
    return names
      .filter((name) => !Object.hasOwn(schema.properties ?? {}, name))
      .flatMap((name) => {
        if (typeof rest === 'boolean') return says(rest, `${path}: unknown ${name}`);
        return errorsOf(rest, (value as Record<string, unknown>)[name], `${path}/${name}`);
      });
  },
  propertyNames: (schema, value, path) =>
    isMapping(value)
      ? Object.keys(value).flatMap((name) => errorsOf(schema.propertyNames ?? {}, name, `${path}/${name}`))
      : [],
  items: (schema, value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => errorsOf(schema.items ?? {}, item, `${path}/${index}`))
      : [],
  anyOf: (schema, value, path) => {
    const branches = (schema.anyOf ?? []).map((one) => errorsOf(one, value, path));
    return branches.some((errors) => errors.length === 0) ? [] : branches.flat();
  },
  enum: ({ enum: words = [] }, value, path) => says(words.includes(value), `${path}: not one of ${words}`),
  pattern: ({ pattern = '' }, value, path) =>
    says(typeof value !== 'string' || new RegExp(pattern, 'u').test(value), `${path}: not like ${pattern}`),
  minimum: ({ minimum = 0 }, value, path) =>
    says(typeof value !== 'number' || value >= minimum, `${path}: below ${minimum}`),
  maximum: ({ maximum = 0 }, value, path) =>
    says(typeof value !== 'number' || value <= maximum, `${path}: above ${maximum}`),
  minItems: ({ minItems = 0 }, value, path) =>
    says(!Array.isArray(value) || value.length >= minItems, `${path}: too few`),
  maxItems: ({ maxItems = 0 }, value, path) =>
    says(!Array.isArray(value) || value.length <= maxItems, `${path}: too many`),
};

function shipped(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
}

describe('the JSON Schema', () => {
  test.each([
    'comporta.yaml',
    'examples/score.yaml',
    'examples/service-proxy.yaml',
    'examples/mercadolibre.yaml',
  ])('accepts %s as it is written, variables and all', (path) => {
    expect(errorsOf(fileJsonSchema(), parse(shipped(path)))).toEqual([]);
  });

  test.each<[string, string]>([
    ['upstreams: {}', 'without routes'],
    ['lisen: ":1"', 'unknown lisen'],
    ['upstreams: { a: { url: "http://a", timeout: 10 } }', '/upstreams/a/timeout: not a string'],
    ['upstreams: { a: { url: "http://a", timeout: soon } }', '/upstreams/a/timeout: not like'],
    ['upstreams: { "A B": { url: "http://a" } }', '/upstreams/A B: not like'],
    ['upstreams: { a: { url: "ftp://a" } }', '/upstreams/a/url: not like'],
    ['upstreams: { a: { url: "http://a", limits: [often] } }', '/upstreams/a/limits/0: not like'],
    [
      'upstreams: { a: { url: "http://a", queue: { policy: lifo } } }',
      '/upstreams/a/queue/policy: not one of',
    ],
    [
      'upstreams: { a: { url: "http://a", queue: { max_size: -1 } } }',
      '/upstreams/a/queue/max_size: below 0',
    ],
    ['routes: [{ path: /a }]', '/routes/0: without upstream'],
    ['routes: [{ path: a, upstream: a }]', '/routes/0/path: not like'],
    ['routes: [{ path: /a, upstream: a, urgency: 8 }]', '/routes/0/urgency: above 7'],
  ])('refuses %s', (text, expected) => {
    expect(errorsOf(fileJsonSchema(), parse(text)).join('\n')).toContain(expected);
  });

  test('is draft-07, and describes every key', () => {
    const schema = fileJsonSchema();
    expect(Object.entries(schema)[0]).toEqual(['$schema', 'http://json-schema.org/draft-07/schema#']);
    const bare: string[] = [];
    const walk = (one: JsonSchema, path: string) => {
      for (const [name, property] of Object.entries(one.properties ?? {})) {
        if ((property.description ?? '') === '') bare.push(`${path}.${name}`);
        walk(property, `${path}.${name}`);
      }
      if (typeof one.additionalProperties === 'object') walk(one.additionalProperties, `${path}.*`);
      if (one.items !== undefined) walk(one.items, `${path}[]`);
      for (const branch of one.anyOf ?? []) walk(branch, path);
    };
    walk(schema, '');
    expect(bare).toEqual([]);
  });
});
