import { section } from '../../../config/schema/section.ts';
import type { StoredRule } from '../../../ledger/contracts.ts';
import { choice, line, textField } from '../input/fields.ts';
import { pageFrom, pageOf, pageQuery } from '../input/paging.ts';
import { json, noContent, operation } from '../operation.ts';
import type { AdminPorts } from '../ports.ts';
import { AdminProblem, invalid, notFound } from '../problems.ts';
import { applyRules } from './apply-rules.ts';
import {
  countersOf,
  documentOf,
  etagOf,
  isMatch,
  ruleInput,
  ruleReplacement,
  ruleView,
  viewOfFile,
  viewOfStored,
} from './rule-document.ts';

const ruleId = section({
  id: textField<string>({
    expected: 'the id of a rule',
    document: { type: 'string', description: 'The rule’s id.', example: 'slow-items' },
    read: (text) => text,
  }),
});

const ETAG = { ETag: 'What `If-Match` of the next change names.' };

/** Access rules, one by one. */
export const ruleOperations = [
  operation(
    {
      id: 'listRules',
      method: 'GET',
      path: '/rules',
      tag: 'rules',
      summary: 'List the rules, with their counters',
      description: 'Those of the configuration file first, then by id.',
      query: section({
        ...pageQuery,
        client: line('Only rules whose `client` has this text in it.', { min: 1, max: 300 }).optional(),
        path: line('Only rules whose `path` has this text in it.', { min: 1, max: 2_048 }).optional(),
        source: choice('Only rules of the file, or of the API.', ['file', 'api']).optional(),
      }),
      answers: [{ status: 200, description: 'One page.', schema: pageOf(ruleView) }],
      errors: ['ledger_unavailable'],
    },
    async ({ ports, query: { client, path, source, ...page } }) => {
      const stored = source === 'file' ? [] : await ports.rules.store.list();
      const all = [
        ...(source === 'api' ? [] : ports.rules.file().map((rule) => viewOfFile(rule, undefined))),
        ...stored.map((rule) => viewOfStored(rule, undefined)),
      ];
      const wanted = all.filter(
        (rule) =>
          (client === undefined || String((rule as { client?: unknown }).client).includes(client)) &&
          (path === undefined || String((rule as { path?: unknown }).path).includes(path)),
      );
      const { items, ...rest } = pageFrom(wanted, page);
      const counted = items.map((rule) => ({ ...rule, counters: countersFor(ports, rule.id) }));
      return json({ items: counted, ...rest });
    },
  ),
  operation(
    {
      id: 'createRule',
      method: 'POST',
      path: '/rules',
      tag: 'rules',
      summary: 'Add a rule',
      description: 'It is in force for the very next request.',
      body: ruleInput,
      answers: [
        {
          status: 201,
          description: 'The new rule.',
          schema: ruleView,
          headers: { ...ETAG, Location: 'Its path, relative to that of the request.' },
        },
      ],
      errors: ['conflict'],
    },
    async ({ ports, body, author }) => {
      if (fileRule(ports, body.id) !== undefined) throw taken(body.id);
      const result = await ports.rules.store.insert(documentOf(body), author);
      if (result.kind === 'exists') throw taken(body.id);
      await applyRules(ports);
      return ruleAnswer(ports, result.rule, 201, {
        Location: `rules/${encodeURIComponent(body.id)}`,
      });
    },
  ),
  operation(
    {
      id: 'getRule',
      method: 'GET',
      path: '/rules/{id}',
      tag: 'rules',
      summary: 'Show a rule',
      params: ruleId,
      answers: [
        {
          status: 200,
          description: 'The rule. One of the file has no `ETag`.',
          schema: ruleView,
          headers: ETAG,
        },
      ],
      errors: ['ledger_unavailable'],
    },
    async ({ ports, params: { id } }) => {
      const fromFile = fileRule(ports, id);
      if (fromFile !== undefined) return json(viewOfFile(fromFile, ports.access.counters(id)));
      return ruleAnswer(ports, await requireStored(ports, id));
    },
  ),
  operation(
    {
      id: 'replaceRule',
      method: 'PUT',
      path: '/rules/{id}',
      tag: 'rules',
      summary: 'Replace a rule',
      description:
        'The whole rule: what is left out gets its default. It is in force for the very next request.',
      params: ruleId,
      body: ruleReplacement,
      ifMatch: true,
      answers: [{ status: 200, description: 'The rule as it is now.', schema: ruleView, headers: ETAG }],
      errors: ['read_only'],
    },
    async ({ ports, params: { id }, body, headers, author }) => {
      if (body.id !== undefined && body.id !== id) {
        throw invalid([{ field: 'id', message: `must be ${id}, as in the path, or left out` }]);
      }
      const expected = await requireChangeable(ports, id, headers);
      const document = documentOf({ ...body.rule, id });
      const result = await ports.rules.store.update(id, expected, document, author);
      if (result.kind === 'missing') throw noSuchRule(id);
      if (result.kind === 'stale') throw stale(result.rule);
      await applyRules(ports);
      return ruleAnswer(ports, result.rule);
    },
  ),
  operation(
    {
      id: 'deleteRule',
      method: 'DELETE',
      path: '/rules/{id}',
      tag: 'rules',
      summary: 'Delete a rule',
      params: ruleId,
      ifMatch: true,
      answers: [{ status: 204, description: 'It is no longer in force.' }],
      errors: ['read_only'],
    },
    async ({ ports, params: { id }, headers, author }) => {
      const expected = await requireChangeable(ports, id, headers);
      const result = await ports.rules.store.delete(id, expected, author);
      if (result.kind === 'missing') throw noSuchRule(id);
      if (result.kind === 'stale') throw stale(result.rule);
      await applyRules(ports);
      return noContent();
    },
  ),
];

function ruleAnswer(
  ports: AdminPorts,
  rule: StoredRule,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
) {
  const view = viewOfStored(rule, ports.access.counters(rule.id));
  return json(view, status, { ...headers, ETag: etagOf(rule) });
}

function countersFor({ access }: AdminPorts, id: string) {
  const counters = access.counters(id);
  return counters === undefined ? null : countersOf(counters);
}

function fileRule(ports: AdminPorts, id: string) {
  return ports.rules.file().find((rule) => rule.id === id);
}

/** The version that a change is made on, if `If-Match` names it; undefined for `*`, whatever is there. */
async function requireChangeable(
  ports: AdminPorts,
  id: string,
  headers: Headers,
): Promise<number | undefined> {
  if (fileRule(ports, id) !== undefined) {
    throw new AdminProblem('read_only', {
      detail: `The rule ${id} stands in the configuration file; change it there.`,
    });
  }
  const ifMatch = headers.get('if-match');
  if (ifMatch === null) {
    throw new AdminProblem('precondition_required', {
      detail: 'Send the `ETag` of the rule as `If-Match`.',
    });
  }
  const current = await requireStored(ports, id);
  if (!isMatch(ifMatch, etagOf(current))) throw stale(current);
  return ifMatch.trim() === '*' ? undefined : current.version;
}

async function requireStored(ports: AdminPorts, id: string): Promise<StoredRule> {
  const rule = await ports.rules.store.get(id);
  if (rule === undefined) throw noSuchRule(id);
  return rule;
}

const noSuchRule = (id: string) => notFound(`rule ${JSON.stringify(id)}`);

function taken(id: string): AdminProblem {
  return new AdminProblem('conflict', { detail: `There is a rule with the id ${id} already.` });
}

function stale(current: StoredRule): AdminProblem {
  return new AdminProblem('precondition_failed', {
    detail: `The rule ${current.id} has changed; its version is ${current.version} now.`,
    headers: { ETag: etagOf(current) },
  });
}
