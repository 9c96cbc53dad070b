import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import { formatRule } from '../../../policies/access/rule.ts';
import { choice, textField } from '../input/fields.ts';
import { json, operation } from '../operation.ts';
import { invalid } from '../problems.ts';
import { streamText } from '../stream.ts';
import { applyRules } from './apply-rules.ts';
import { documentOf, ruleFile, ruleInput } from './rule-document.ts';
import { JSON_TYPE, readRules, YAML_TYPES } from './rule-import.ts';

const MAX_IMPORT_BYTES = 10 * 1_048_576;

const ruleList = z.object({ rules: z.array(ruleFile) }).openapi('RuleList');
const ruleListInput = z
  .object({ rules: z.array(ruleInput) })
  .openapi('RuleListInput', { description: 'The list itself may stand instead of the object.' });

export const ruleImport = z
  .object({
    created: z.number().int(),
    updated: z.number().int(),
    unchanged: z.number().int(),
    deleted: z.number().int(),
  })
  .openapi('RuleImport');

/** Rules in bulk. */
export const ruleTransferOperations = [
  operation(
    {
      id: 'exportRules',
      method: 'GET',
      path: '/rules/export',
      tag: 'rules',
      summary: 'Write all rules of the API as JSON or YAML',
      description:
        'In the form that the import takes. Rules of the configuration file are added with `all=true`.',
      query: section({
        format: choice('The form.', ['json', 'yaml'], 'json').prefault('json'),
        all: textField<boolean>({
          expected: 'true or false',
          document: { type: 'boolean', description: 'Rules of the configuration file too.', default: false },
          read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
        }).prefault('false'),
      }),
      answers: [{ status: 200, description: 'The rules.', schema: ruleList, types: ['application/yaml'] }],
      errors: ['ledger_unavailable'],
    },
    async ({ ports, query: { format, all } }) => {
      const stored = await ports.rules.store.list();
      const fromFile = all ? ports.rules.file().map((rule) => ({ ...formatRule(rule) })) : [];
      const rules = [...fromFile, ...stored.map(({ document }) => document)];
      const pieces = format === 'json' ? jsonPieces(rules) : yamlPieces(rules);
      return streamText(pieces, {
        'Content-Type': format === 'json' ? JSON_TYPE : 'application/yaml',
        'Content-Disposition': `attachment; filename="comporta-rules.${format}"`,
      });
    },
  ),
  operation(
    {
      id: 'importRules',
      method: 'POST',
      path: '/rules/import',
      tag: 'rules',
      summary: 'Add and replace many rules at once',
      description:
        'All or nothing: one bad rule and nothing changes; every bad one is listed. `merge` keeps the rules that the list does not name, `replace` deletes them. At most 10 MB.',
      query: section({
        mode: choice(
          'What happens to rules that the list does not name.',
          ['merge', 'replace'],
          'merge',
        ).prefault('merge'),
      }),
      text: { types: [JSON_TYPE, ...YAML_TYPES], maxBytes: MAX_IMPORT_BYTES, schema: ruleListInput },
      answers: [{ status: 200, description: 'How many rules changed.', schema: ruleImport }],
    },
    async ({ ports, query: { mode }, text, author }) => {
      const fileIds = new Set(ports.rules.file().map(({ id }) => id));
      const result = await readRules(text, fileIds);
      if (result.kind === 'rejected') throw invalid(result.errors);
      const { created, updated, unchanged, deleted } = await ports.rules.store.importAll(
        result.rules.map(documentOf),
        mode,
        author,
      );
      await applyRules(ports);
      return json({ created, updated, unchanged, deleted });
    },
  ),
];

function* jsonPieces(rules: readonly object[]): Generator<string> {
  yield '{"rules":[';
  for (const [index, rule] of rules.entries()) yield `${index === 0 ? '' : ','}\n  ${JSON.stringify(rule)}`;
  yield rules.length === 0 ? ']}\n' : '\n]}\n';
}

/** JSON’s texts, numbers and lists are YAML 1.2 as they are, so nothing in a rule can become anything else. */
function* yamlPieces(rules: readonly object[]): Generator<string> {
  yield rules.length === 0 ? 'rules: []\n' : 'rules:\n';
  for (const rule of rules) {
    const lines = Object.entries(rule).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
    yield `  - ${lines.join('    ')}`;
  }
}
