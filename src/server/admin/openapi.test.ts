import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { adminOpenApi } from './app.ts';
import { operations } from './operations.ts';
import { Fixture } from './ports.fixture.ts';
import { adminErrorTable } from './problems.ts';

interface Described {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: ReadonlyArray<{ in: string; name: string; required: boolean; description?: string }>;
  readonly requestBody?: { readonly content: object };
  readonly responses?: Record<
    string,
    { description?: string; content?: Record<string, { schema?: object }> }
  >;
}

const document = adminOpenApi() as {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly tags: ReadonlyArray<{ readonly name: string }>;
  readonly security: ReadonlyArray<Record<string, unknown>>;
  readonly components: {
    readonly schemas: Record<string, object>;
    readonly securitySchemes: Record<string, unknown>;
  };
  readonly paths: Record<string, Record<string, Described>>;
};
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test('docs/reference/openapi.json is this document; otherwise run `npm run docs`', () => {
  const file = readFileSync(new URL('../../../docs/reference/openapi.json', import.meta.url), 'utf8');
  expect(file).toBe(`${JSON.stringify(document, null, 2)}\n`);
});

test('the served document is this one', async () => {
  const fixture = new Fixture();
  expect((await fixture.call('GET', '/openapi.json')).json).toEqual(JSON.parse(JSON.stringify(document)));
  expect(fixture.app.openapi()).toEqual(document);
});

test('it is OpenAPI 3.1 with its security scheme', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.security).toEqual([{ token: [] }]);
  expect(document.components.securitySchemes).toEqual({ token: { type: 'http', scheme: 'bearer' } });
});

test('every reference leads to something, and every component is used', () => {
  const text = JSON.stringify(document);
  const targets = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = '']) => target));
  for (const target of targets) {
    const found = target
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
    expect([target, typeof found]).toEqual([target, 'object']);
  }
  const unused = Object.keys(document.components.schemas).filter(
    (name) => !targets.has(`#/components/schemas/${name}`),
  );
  expect(unused).toEqual([]);
});

test('it has every operation, each id once', () => {
  expect(described.map(({ operation }) => operation.operationId).sort()).toEqual(
    operations.map(({ document: { id } }) => id).sort(),
  );
  expect(new Set(described.map(({ operation }) => operation.operationId)).size).toBe(described.length);
});

/** POST because they need a body; they change nothing. */
const ONLY_ASK: ReadonlySet<string> = new Set(['testRules', 'forecastBurst']);
const STREAMS: ReadonlySet<string> = new Set(['followLive', 'sendRequest']);

describe('every operation', () => {
  for (const { path, method, operation } of described) {
    test(`${method.toUpperCase()} ${path} says what it is, takes and answers`, () => {
      expect(operation.summary).toMatch(/^[A-Z].{5,}[^.]$/);
      const known = document.tags.map(({ name }) => name);
      expect(operation.tags?.every((tag) => known.includes(tag))).toBe(true);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = operation.parameters ?? [];
      expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(
        named as string[],
      );
      for (const parameter of parameters)
        expect([parameter.name, typeof parameter.description]).toEqual([parameter.name, 'string']);
      const responses = operation.responses ?? {};
      const statuses = Object.keys(responses).map(Number);
      expect(statuses.some((status) => status < 300)).toBe(true);
      for (const status of [401, 403, 429, 500]) expect(statuses).toContain(status);
      if (method !== 'get' && !ONLY_ASK.has(operation.operationId ?? '')) expect(statuses).toContain(503);
      if (operation.requestBody !== undefined)
        for (const status of [400, 413, 415]) expect(statuses).toContain(status);
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect([status, (description ?? '').length > 5]).toEqual([status, true]);
        const types = Object.keys(content ?? {});
        if (Number(status) >= 400) expect([status, types]).toEqual([status, ['application/problem+json']]);
        else if (status === '204') expect(types).toEqual([]);
        else if (STREAMS.has(operation.operationId ?? '')) expect(types).toEqual(['text/event-stream']);
        else expect(types).toContain('application/json');
      }
    });
  }
});

test('it has the frames of the live stream', () => {
  const { LiveSnapshot, LiveDelta } = document.components.schemas as Record<
    string,
    { properties: Record<string, object> }
  >;
  expect(Object.keys(LiveSnapshot!.properties)).toContain('samples');
  expect(Object.keys(LiveDelta!.properties)).toContain('sample');
  const stream = document.paths['/api/v1/live']!.get!.responses!['200']!.content!['text/event-stream'];
  expect(JSON.stringify(stream)).toMatch(/LiveSnapshot.*LiveDelta/);
});

test('every schema of an answer allows exactly what it may be null', () => {
  const overview = document.components.schemas.UpstreamStatus as {
    properties: Record<string, { anyOf?: unknown[] }>;
  };
  expect(overview.properties.pause?.anyOf).toEqual([
    { $ref: '#/components/schemas/PauseStatus' },
    { type: 'null' },
  ]);
});

test('every code of the table belongs to some operation, but what no operation answers', () => {
  const text = JSON.stringify(document.paths);
  const missing = Object.keys(adminErrorTable).filter((code) => !text.includes(`\`${code}\`: `));
  expect(missing).toEqual(['method_not_allowed']);
});
