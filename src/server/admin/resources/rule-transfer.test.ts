import { describe, expect, test } from 'bun:test';
import { accessRule } from '../../../policies/access/rule.fixture.ts';
import { Fixture } from '../ports.fixture.ts';

const GOOD = { id: 'good', client: '10.0.0.1', limit: '5 per 1m' };
const yaml = (body: string) => ({ body, headers: { 'Content-Type': 'application/yaml' } });

async function withRules(): Promise<Fixture> {
  const fixture = new Fixture();
  const rules = [
    {
      id: 'a',
      client: '10.0.0.0/8',
      path: '/ml/*',
      limit: '100 per 1m',
      block_for: '10m',
      note: `"quoted" # no: comment`,
    },
    { id: 'b', client: 'client:team a', action: 'deny', methods: ['GET', 'HEAD'], shadow: true },
  ];
  expect((await fixture.call('POST', '/rules/import', { body: { rules } })).json).toEqual({
    created: 2,
    updated: 0,
    unchanged: 0,
    deleted: 0,
  });
  return fixture;
}

describe('export', () => {
  test.each(['json', 'yaml'])('as %s is what the import takes, and comes back the same', async (format) => {
    const fixture = await withRules();
    const { text, headers } = await fixture.call('GET', `/rules/export?format=${format}`);
    expect(headers.get('content-type')).toBe(`application/${format}`);
    expect(headers.get('content-disposition')).toBe(`attachment; filename="comporta-rules.${format}"`);
    const other = new Fixture();
    const { status, json } = await other.call('POST', '/rules/import', {
      body: text,
      headers: { 'Content-Type': `application/${format}` },
    });
    expect([status, json.created]).toEqual([200, 2]);
    expect(other.store.current().map(({ document }) => document)).toEqual(
      fixture.store.current().map(({ document }) => document),
    );
  });

  test.each(['json', 'yaml'])('of no rules is %s all the same', async (format) => {
    const { text } = await new Fixture().call('GET', `/rules/export?format=${format}`);
    const answer = await new Fixture().call('POST', '/rules/import', {
      body: text,
      headers: { 'Content-Type': `application/${format}` },
    });
    expect([answer.status, answer.json.created]).toEqual([200, 0]);
  });

  test('leaves the rules of the file out, unless asked', async () => {
    const fixture = await withRules();
    fixture.fileRules = [accessRule({ id: 'of-file' })];
    const ids = async (query: string) =>
      (await fixture.call('GET', `/rules/export${query}`)).json.rules.map(({ id }: { id: string }) => id);
    expect(await ids('')).toEqual(['a', 'b']);
    expect(await ids('?all=true')).toEqual(['of-file', 'a', 'b']);
  });
});

describe('import', () => {
  test('merge keeps what the list does not name, replace deletes it; both are in force at once', async () => {
    const fixture = await withRules();
    const merged = await fixture.call('POST', '/rules/import', { body: [GOOD, { id: 'b', action: 'deny' }] });
    expect(merged.json).toEqual({ created: 1, updated: 1, unchanged: 0, deleted: 0 });
    expect(fixture.access.counters('good')).toBeDefined();
    const replaced = await fixture.call('POST', '/rules/import?mode=replace', { body: [GOOD] });
    expect(replaced.json).toEqual({ created: 0, updated: 0, unchanged: 1, deleted: 2 });
    expect(fixture.store.current().map(({ id }) => id)).toEqual(['good']);
    expect(fixture.access.counters('a')).toBeUndefined();
  });

  test('one bad rule and nothing changes; every bad one is listed with its line', async () => {
    const fixture = await withRules();
    const before = fixture.store.current();
    const audit = fixture.audit.length;
    const { status, json } = await fixture.call(
      'POST',
      '/rules/import?mode=replace',
      yaml(`rules:
  - id: fine
    limit: 5 per 1m
  - id: bad cidr
    client: 10.0.0.0/99
    limit: 5 per 1m
  - id: fine
    action: deny
  - id: typo
    limitt: 5 per 1m
    action: deny
  - just text
  - id: of-file
    action: deny
`),
    );
    expect(status).toBe(400);
    const clientForm =
      'expected "*", an address such as 10.0.0.1 or 2001:db8::1, a block such as 10.0.0.0/8, or client:<id>';
    expect(json.errors).toEqual([
      {
        index: 1,
        field: 'id',
        line: 4,
        column: 9,
        message: 'expected an id of 1 to 64 letters, digits, `.`, `_` and `-`, got `bad cidr`',
      },
      { index: 1, field: 'client', line: 5, column: 13, message: `${clientForm}, got \`10.0.0.0/99\`` },
      { index: 2, field: 'id', line: 7, column: 9, message: 'rule 0 has this id already' },
      {
        index: 3,
        field: 'limitt',
        line: 10,
        column: 5,
        message: 'unknown key `limitt`; did you mean `limit`?',
      },
      {
        index: 4,
        field: '',
        line: 12,
        column: 5,
        message:
          'expected a mapping with the keys id, enabled, shadow, client, path, methods, limit, action, algorithm, enforce, block_for, note, got `just text`',
      },
    ]);
    expect(json.detail).toStartWith('rule 1, line 4:9, `id`: expected an id');
    expect(json.detail).toEndWith('(and 4 more)');
    expect(fixture.store.current()).toEqual(before);
    expect(fixture.audit).toHaveLength(audit);
  });

  test('JSON tells the place of each bad rule', async () => {
    const fixture = new Fixture();
    const body = `{"rules": [\n  {"id": "good", "action": "deny"},\n  {"id": "bad", "limit": "often"},\n  {"id": 7, "action": "deny"}\n]}`;
    const { json } = await fixture.call('POST', '/rules/import', { body });
    expect(
      json.errors.map(({ index, field, line, column }: Record<string, unknown>) => [
        index,
        field,
        line,
        column,
      ]),
    ).toEqual([
      [1, 'limit', 3, 3],
      [2, 'id', 4, 3],
    ]);
    expect(fixture.store.current()).toEqual([]);
  });

  test('a rule of the file cannot be replaced by one of the list', async () => {
    const fixture = new Fixture();
    fixture.fileRules = [accessRule({ id: 'of-file' })];
    const { status, json } = await fixture.call('POST', '/rules/import', {
      body: [{ id: 'of-file', action: 'deny' }],
    });
    expect([status, json.errors[0].message]).toEqual([400, 'a rule of the configuration file has this id']);
  });

  test.each([
    [
      '{"rule": []}',
      'application/json',
      'expected a list of rules, or a mapping with the list under `rules`',
    ],
    ['"text"', 'application/json', 'expected a list of rules, or a mapping with the list under `rules`'],
    ['{"rules": [], "mode": 1}', 'application/json', '`mode`: unknown key `mode`; known: rules'],
    ['[{]', 'application/json', 'line 1:3: not valid JSON: expected a name in double quotes, got "]"'],
    ['', 'application/yaml', 'expected a list of rules, or a mapping with the list under `rules`'],
    ['rules:\n\t- id: x\n', 'application/yaml', 'line 2:1'],
    ['- id: a\n  id: b\n', 'text/yaml', 'line 2:3, `[0].id`: the key `id` is on line 1 already'],
  ])('%j as %s is 400', async (body, type, detail) => {
    const { status, json } = await new Fixture().call('POST', '/rules/import', {
      body,
      headers: { 'Content-Type': type },
    });
    expect(status).toBe(400);
    expect(json.detail).toStartWith(detail);
  });

  test('aliases that multiply beyond reason are refused', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++) {
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    }
    const { status } = await new Fixture().call(
      'POST',
      '/rules/import',
      yaml(`${lines.join('\n')}\nrules: *a8\n`),
    );
    expect(status).toBe(400);
  });

  test('text that looks like a variable stays text: it is no template of ours', async () => {
    const fixture = new Fixture();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what is sent
    await fixture.call('POST', '/rules/import', yaml('- {id: x, action: deny, note: "${HOME}"}'));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: and that is what must be kept
    expect(fixture.store.current()[0]?.document.note).toBe('${HOME}');
  });

  test('10 MB of JSON is taken, more is not; YAML ends at 1 MB', async () => {
    const fixture = new Fixture();
    const rules = (bytes: number) => {
      const note = 'x'.repeat(900);
      const list = Array.from({ length: Math.floor(bytes / 1_000) }, (_, index) => ({
        id: `r${index}`,
        action: 'deny',
        note,
      }));
      return JSON.stringify(list).padEnd(bytes, ' ');
    };
    const full = await fixture.call('POST', '/rules/import', { body: rules(10 * 1_048_576) });
    expect([full.status, full.json.created]).toEqual([200, 10_485]);
    const over = await fixture.call('POST', '/rules/import', { body: rules(10 * 1_048_576 + 1) });
    expect([over.status, over.json.code]).toEqual([413, 'body_too_large']);
    const long = await fixture.call('POST', '/rules/import', yaml(rules(1_048_577)));
    expect([long.status, long.json.detail]).toEqual([413, 'YAML must be at most 1 MB; send more as JSON.']);
  });

  test('another type is 415 and names those that are taken', async () => {
    const { status, json } = await new Fixture().call('POST', '/rules/import', {
      body: 'id,client',
      headers: { 'Content-Type': 'text/csv' },
    });
    expect(status).toBe(415);
    expect(json.detail).toContain('application/json or application/yaml');
  });
});
