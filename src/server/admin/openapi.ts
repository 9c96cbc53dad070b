import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { AnswerDocument, Operation, OperationDocument } from './operation.ts';
import { type AdminErrorCode, adminErrorTable } from './problems.ts';

export const API_PATH = '/api/v1';

const problem = z
  .object({
    type: z.string().openapi({ example: 'urn:comporta:error:invalid_request' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('One sentence about this occurrence.'),
    code: z
      .enum(Object.keys(adminErrorTable) as [AdminErrorCode, ...AdminErrorCode[]])
      .describe('Stable: match this.'),
    request_id: z.string(),
    errors: z
      .array(
        z.object({
          field: z.string().describe('Such as `limits[0]`; empty for the whole.'),
          message: z.string(),
          index: z.number().int().optional().describe('Position of a rule in an import, from 0.'),
          line: z.number().int().optional(),
          column: z.number().int().optional(),
          file: z.string().optional(),
        }),
      )
      .optional()
      .describe('Every place that is wrong, at most 1,000.'),
    errors_omitted: z.number().int().optional(),
  })
  .openapi('Problem', { description: 'RFC 9457.' });

const TAGS: Readonly<Record<string, string>> = {
  overview: 'Everything at a glance.',
  upstreams: 'Limits, queue policy, pauses and circuit breakers, changed while running.',
  queue: 'Who waits for an upstream.',
  rules: 'Who may call what, and how much.',
  denied: 'Clients that exceeded a rule with `block_for`.',
  usage: 'What happened.',
  cache: 'Stored answers.',
  config: 'Values in force, and where they came from.',
  audit: 'Who changed what, and when.',
  fleet: 'The processes that share one state.',
  live: 'What happens, while it happens.',
  routes: 'What clients can call.',
  playground: 'One request, followed from its sending to its answer.',
  bursts: 'Load tests through the front door, forecast before they start.',
};

const DESCRIPTION = `Control of a running Comporta. Send \`Authorization: Bearer <token>\`: \`admin.token\` may do everything,
\`admin.viewer_token\` may look. While no token is configured the server listens on loopback only, takes requests without one,
and checks \`Host\`. Requests that a page of another site sends are refused (\`Origin\`, \`Sec-Fetch-Site\`).

Every error is \`application/problem+json\` with a stable \`code\`. Every change is in the audit log. Durations are written
\`500ms\`, \`30s\`, \`10m\`, \`1d\`; rates \`100 per 1m\`; times in answers are ISO 8601 in UTC.`;

/**
 * The OpenAPI 3.1 document of these operations: made from what validates the requests. `basePath` is the path below
 * which the API is served, with `/` at both ends.
 */
export function openApiDocument(operations: readonly Operation[], basePath: string): Record<string, unknown> {
  const hono = new OpenAPIHono();
  const registry = hono.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  registry.register('Problem', problem);
  for (const { document } of operations) registry.registerPath(routeOf(document));
  const { webhooks: _, ...document } = hono.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Comporta admin API', version: '1', description: DESCRIPTION },
    servers: [
      { url: basePath === '/' ? '/' : basePath.slice(0, -1), description: 'The address of `admin.listen`.' },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }],
  });
  return { ...document };
}

type Route = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0];

function routeOf(document: OperationDocument): Route {
  const { id, method, path, tag, summary, description, params, query, body, text } = document;
  const content =
    body !== undefined
      ? { 'application/json': { schema: body } }
      : Object.fromEntries((text?.types ?? []).map((type) => [type, { schema: text!.schema }]));
  return {
    operationId: id,
    method: method.toLowerCase() as 'get',
    path: `${API_PATH}${path}`,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    request: {
      ...(params === undefined ? {} : { params: params as z.ZodObject }),
      ...(query === undefined ? {} : { query: query as z.ZodObject }),
      ...(document.ifMatch === true ? { headers: ifMatchHeader } : {}),
      ...(document.resumes === true ? { headers: lastEventIdHeader } : {}),
      ...(Object.keys(content).length === 0 ? {} : { body: { required: true, content } }),
    },
    responses: { ...answersOf(document.answers), ...errorsOf(document) },
  };
}

const ifMatchHeader = z.object({
  'If-Match': z.string().openapi({
    description: 'The `ETag` that the change is made on; `*` for whatever is there.',
    example: '"3"',
  }),
});

const lastEventIdHeader = z.object({
  'Last-Event-ID': z.string().optional().openapi({
    description:
      'The `id` of the last event that came: what was missed since is sent, if it is still at hand.',
    example: '5f0c62a1b3d4-120',
  }),
});

function answersOf(answers: readonly AnswerDocument[]): Route['responses'] {
  return Object.fromEntries(
    answers.map(({ status, description, schema, types = [], events, headers }) => {
      const content = {
        ...(events === undefined ? {} : { 'text/event-stream': { schema: eventData(events) } }),
        ...(schema === undefined ? {} : { 'application/json': { schema } }),
        ...Object.fromEntries(types.map((type) => [type, { schema: z.string() }])),
      };
      return [
        status,
        {
          description,
          ...(Object.keys(content).length === 0 ? {} : { content }),
          ...(headers === undefined ? {} : { headers: headersOf(headers) }),
        },
      ];
    }),
  );
}

/** OpenAPI 3.1 has no word for a stream: the schema is that of one event’s `data`. */
function eventData(events: Readonly<Record<string, z.ZodType>>): z.ZodType {
  const names = Object.keys(events).map((name) => `\`${name}\``);
  return z
    .union(Object.values(events))
    .openapi({ description: `The \`data\` of an event, which is one of ${names.join(', ')}.` });
}

function headersOf(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
}

/** Codes by status: several codes may share one. */
function errorsOf(document: OperationDocument): Route['responses'] {
  const byStatus = new Map<number, AdminErrorCode[]>();
  for (const code of codesOf(document)) {
    const { status } = adminErrorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([one], [other]) => one - other)
      .map(([status, codes]) => [
        status,
        {
          description: codes.map((code) => `\`${code}\`: ${adminErrorTable[code].meaning}`).join('\n\n'),
          content: { 'application/problem+json': { schema: problem } },
          ...errorHeaders(status),
        },
      ]),
  );
}

function errorHeaders(status: number) {
  if (status === 401) return { headers: headersOf({ 'WWW-Authenticate': '`Bearer realm="comporta"`' }) };
  if (status === 429) return { headers: headersOf({ 'Retry-After': 'Whole seconds.' }) };
  return {};
}

function codesOf(document: OperationDocument): Set<AdminErrorCode> {
  const { body, text, params, method, errors = [] } = document;
  const changes = document.changes ?? method !== 'GET';
  return new Set<AdminErrorCode>([
    'invalid_request',
    'unauthorized',
    'foreign_request',
    ...(changes ? (['forbidden', 'ledger_unavailable'] as const) : []),
    ...(params === undefined ? [] : (['not_found'] as const)),
    ...(body === undefined && text === undefined
      ? []
      : (['body_too_large', 'unsupported_media_type'] as const)),
    ...(document.ifMatch === true ? (['precondition_failed', 'precondition_required'] as const) : []),
    'too_many_attempts',
    'internal',
    ...errors,
  ]);
}
