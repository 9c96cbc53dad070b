import { describe, expect, test } from 'bun:test';
import { accessRule } from '../../../policies/access/rule.fixture.ts';
import { Fixture } from '../ports.fixture.ts';

const SLOW = { id: 'slow', client: '10.0.0.1', path: '/ml/items/*', limit: '5 per 1m' };
const REQUEST = { ip: '10.0.0.1', clientId: undefined, path: '/ml/items/1', method: 'GET' };

async function withRule(): Promise<{ fixture: Fixture; etag: string }> {
  const fixture = new Fixture();
  const created = await fixture.call('POST', '/rules', { body: SLOW });
  return { fixture, etag: created.headers.get('etag') ?? '' };
}

describe('POST', () => {
  test('adds a rule with every default, and the very next request meets it', async () => {
    const fixture = new Fixture();
    for (let index = 0; index < 10; index++) expect(fixture.access.check(REQUEST).kind).toBe('pass');
    const { status, json, headers } = await fixture.call('POST', '/rules', { body: SLOW });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe('rules/slow');
    expect(headers.get('etag')).toBe('"1"');
    expect(json).toEqual({
      id: 'slow',
      enabled: true,
      shadow: false,
      client: '10.0.0.1',
      path: '/ml/items/*',
      methods: ['*'],
      limit: '5 per 1m',
      action: 'throttle',
      algorithm: 'sliding_window',
      enforce: 'exact',
      source: 'api',
      version: 1,
      created_at: new Date(fixture.clock.wallNow()).toISOString(),
      updated_at: new Date(fixture.clock.wallNow()).toISOString(),
      counters: { matched: 0, refused: 0, shadow_refused: 0 },
    });
    for (let index = 0; index < 5; index++) expect(fixture.access.check(REQUEST).kind).toBe('pass');
    expect(fixture.access.check(REQUEST).kind).toBe('throttled');
  });

  test('is in the audit log, with who', async () => {
    const { fixture } = await withRule();
    expect(fixture.audit).toHaveLength(1);
    expect(fixture.audit[0]).toMatchObject({
      actor: 'local@127.0.0.1',
      action: 'rule.create',
      subject: 'rule/slow',
    });
  });

  test('an id that is there is 409, whether from here or from the file', async () => {
    const { fixture } = await withRule();
    fixture.fileRules = [accessRule({ id: 'of-file' })];
    for (const id of ['slow', 'of-file']) {
      const { status, json } = await fixture.call('POST', '/rules', { body: { ...SLOW, id } });
      expect([id, status, json.code]).toEqual([id, 409, 'conflict']);
    }
  });

  test('addresses and paths are written one way', async () => {
    const { json } = await new Fixture().call('POST', '/rules', {
      body: {
        id: 'spelling',
        client: '::FFFF:10.1.2.3',
        path: '/a/../b//%7Ec',
        methods: ['get', 'GET', 'post'],
        action: 'deny',
        limit: 'none',
        block_for: null,
      },
    });
    expect(json).toMatchObject({
      client: '10.1.2.3',
      path: '/b/~c',
      methods: ['GET', 'POST'],
      action: 'deny',
    });
    expect(json.limit).toBeUndefined();
    expect(json.block_for).toBeUndefined();
  });

  test('what is written like an attack is text', async () => {
    const note = `'); DROP TABLE ledger_rule; -- \u202e {"level":60} <script>`;
    const { status, json } = await new Fixture().call('POST', '/rules', {
      body: { ...SLOW, note, client: `client:x' OR '1'='1` },
    });
    expect(status).toBe(201);
    expect([json.note, json.client]).toEqual([note, `client:x' OR '1'='1`]);
  });

  const CLIENT_FORM =
    'expected "*", an address such as 10.0.0.1 or 2001:db8::1, a block such as 10.0.0.0/8, or client:<id>';
  const PATH_FORM = '"*", a path such as /items/1, or /items/* for everything below';
  test.each([
    [{ id: undefined }, 'id', 'is required: expected an id of 1 to 64 letters, digits, `.`, `_` and `-`'],
    [{ id: 'a b' }, 'id', 'expected an id of 1 to 64 letters, digits, `.`, `_` and `-`, got `a b`'],
    [{ id: 'test' }, 'id', '`test` is a word of the API; choose another id'],
    [{ client: '10.0.0.0/33' }, 'client', `${CLIENT_FORM}, got \`10.0.0.0/33\``],
    [{ client: '300.1.1.1' }, 'client', `${CLIENT_FORM}, got \`300.1.1.1\``],
    [{ client: 5 }, 'client', `${CLIENT_FORM}, got \`5\``],
    [{ path: 'items' }, 'path', `must begin with \`/\`: expected ${PATH_FORM}`],
    [{ path: '/a*b' }, 'path', '`*` may only stand at the end, after a `/`, as in /items/*'],
    [{ path: '/a?b=1' }, 'path', `expected ${PATH_FORM}, got \`/a?b=1\``],
    [
      { limit: '-5 per 1m' },
      'limit',
      'expected a rate such as "1 per 1s" or "100 per 1m", or "none", got `-5 per 1m`',
    ],
    [{ limit: 5 }, 'limit', 'expected a rate such as "1 per 1s" or "100 per 1m", or "none", got `5`'],
    [{ limit: '5 per 1000d' }, 'limit', 'the window must be at most 366d'],
    [
      { limit: undefined },
      'limit',
      'is required with `action: throttle`: expected a rate such as "100 per 1m"',
    ],
    [{ action: 'block' }, 'action', 'expected one of throttle, deny, allow, got `block`'],
    [
      { action: 'allow' },
      'limit',
      '`action: allow` never refuses, so it takes no limit; remove it, or use `action: throttle`',
    ],
    [{ block_for: '-1s' }, 'block_for', 'expected a duration such as 30s, 10m or 1d, or null, got `-1s`'],
    [{ methods: [] }, 'methods', 'expected a list of methods such as ["GET", "POST"], or ["*"], got a list'],
    [
      { methods: 'GET' },
      'methods',
      'expected a list of methods such as ["GET", "POST"], or ["*"], got `GET`',
    ],
    [{ enabled: 'yes' }, 'enabled', 'expected true or false, got `yes`'],
    [
      { note: 'x'.repeat(1_001) },
      'note',
      `expected text on one line of at most 1,000 characters, got \`${'x'.repeat(60)}…\``,
    ],
    [{ note: 'a\nb' }, 'note', 'must not contain control characters'],
    [{ blockfor: '1m' }, 'blockfor', 'unknown key `blockfor`; did you mean `block_for`?'],
    [
      { algorithm: 'sliding-window' },
      'algorithm',
      'expected one of sliding_window, token_bucket, fixed_window, got `sliding-window`; did you mean `sliding_window`?',
    ],
  ])('%j is 400 at %s', async (change, field, message) => {
    const fixture = new Fixture();
    const { status, json } = await fixture.call('POST', '/rules', { body: { ...SLOW, ...change } });
    expect([status, json.code]).toEqual([400, 'invalid_request']);
    expect(json.errors).toEqual([{ field, message }]);
    expect(fixture.store.current()).toEqual([]);
  });
});

describe('GET', () => {
  test('shows one with its ETag and its counters', async () => {
    const { fixture, etag } = await withRule();
    fixture.access.check(REQUEST);
    const { json, headers } = await fixture.call('GET', '/rules/slow');
    expect(headers.get('etag')).toBe(etag);
    expect(json.counters).toEqual({ matched: 1, refused: 0, shadow_refused: 0 });
    const missing = await fixture.call('GET', '/rules/nope');
    expect([missing.status, missing.json.detail]).toEqual([404, 'There is no rule "nope".']);
  });

  test('lists those of the file first, then by id; filters and pages', async () => {
    const { fixture } = await withRule();
    fixture.fileRules = [accessRule({ id: 'zz-file', client: '10.9.0.0/16' })];
    await fixture.call('POST', '/rules', { body: { ...SLOW, id: 'a', path: '/other' } });
    const ids = async (query: string): Promise<string[]> => {
      const { json } = await fixture.call('GET', `/rules${query}`);
      return json.items.map(({ id, source }: { id: string; source: string }) => `${source}:${id}`);
    };
    expect(await ids('')).toEqual(['file:zz-file', 'api:a', 'api:slow']);
    expect(await ids('?source=api')).toEqual(['api:a', 'api:slow']);
    expect(await ids('?source=file')).toEqual(['file:zz-file']);
    expect(await ids('?client=10.9.')).toEqual(['file:zz-file']);
    expect(await ids('?path=/ml/')).toEqual(['api:slow']);
    expect(await ids('?limit=1&offset=1')).toEqual(['api:a']);
    expect((await fixture.call('GET', '/rules?limit=1')).json.total).toBe(3);
  });
});

describe('rules of the file', () => {
  test('are shown without an ETag and cannot be changed here', async () => {
    const fixture = new Fixture();
    fixture.fileRules = [accessRule({ id: 'of-file' })];
    const shown = await fixture.call('GET', '/rules/of-file');
    expect([shown.status, shown.json.source, shown.json.version, shown.headers.get('etag')]).toEqual([
      200,
      'file',
      null,
      null,
    ]);
    const headers = { 'If-Match': '*' };
    const put = await fixture.call('PUT', '/rules/of-file', { body: { action: 'deny' }, headers });
    expect([put.status, put.json.code]).toEqual([409, 'read_only']);
    const gone = await fixture.call('DELETE', '/rules/of-file', { headers });
    expect([gone.status, gone.json.code]).toEqual([409, 'read_only']);
  });
});

describe('PUT', () => {
  test('replaces the whole rule, at once', async () => {
    const { fixture, etag } = await withRule();
    const { status, json, headers } = await fixture.call('PUT', '/rules/slow', {
      body: { client: '10.0.0.1', action: 'deny' },
      headers: { 'If-Match': etag },
    });
    expect([status, json.action, json.path, json.limit, json.version]).toEqual([
      200,
      'deny',
      '*',
      undefined,
      2,
    ]);
    expect(headers.get('etag')).toBe('"2"');
    expect(fixture.access.check(REQUEST).kind).toBe('denied');
    expect(fixture.audit[0]).toMatchObject({
      action: 'rule.update',
      before: { action: 'throttle' },
      after: { action: 'deny' },
    });
  });

  test('needs If-Match: 428 without, 412 with a stale or weak one', async () => {
    const { fixture, etag } = await withRule();
    const put = (headers: Record<string, string>) =>
      fixture.call('PUT', '/rules/slow', { body: { action: 'deny' }, headers });
    const none = await put({});
    expect([none.status, none.json.code]).toEqual([428, 'precondition_required']);
    for (const stale of ['"99"', `W/${etag}`, 'garbage', '']) {
      const answer = await put({ 'If-Match': stale });
      expect([stale, answer.status, answer.json.code]).toEqual([stale, 412, 'precondition_failed']);
      expect(answer.headers.get('etag')).toBe(etag);
    }
    expect((await put({ 'If-Match': `"7", ${etag}` })).status).toBe(200);
    expect((await put({ 'If-Match': '*' })).status).toBe(200);
  });

  test('the id of the body must be that of the path', async () => {
    const { fixture, etag } = await withRule();
    const put = (id: string) =>
      fixture.call('PUT', '/rules/slow', { body: { ...SLOW, id }, headers: { 'If-Match': etag } });
    expect((await put('other')).json.errors).toEqual([
      { field: 'id', message: 'must be slow, as in the path, or left out' },
    ]);
    expect((await put('slow')).status).toBe(200);
  });

  test('a rule that is not there is 404', async () => {
    const fixture = new Fixture();
    const headers = { 'If-Match': '*' };
    expect((await fixture.call('PUT', '/rules/nope', { body: { action: 'deny' }, headers })).status).toBe(
      404,
    );
    expect((await fixture.call('DELETE', '/rules/nope', { headers })).status).toBe(404);
  });
});

describe('DELETE', () => {
  test('takes it out of force', async () => {
    const { fixture, etag } = await withRule();
    const stale = await fixture.call('DELETE', '/rules/slow', { headers: { 'If-Match': '"0"' } });
    expect(stale.status).toBe(412);
    expect((await fixture.call('DELETE', '/rules/slow')).status).toBe(428);
    expect((await fixture.call('DELETE', '/rules/slow', { headers: { 'If-Match': etag } })).status).toBe(204);
    expect(fixture.access.counters('slow')).toBeUndefined();
    expect((await fixture.call('GET', '/rules/slow')).status).toBe(404);
  });

  test('a tag of a rule that was made again does not fit the new one', async () => {
    const { fixture, etag } = await withRule();
    await fixture.call('DELETE', '/rules/slow', { headers: { 'If-Match': etag } });
    await fixture.call('POST', '/rules', { body: SLOW });
    const { status } = await fixture.call('DELETE', '/rules/slow', { headers: { 'If-Match': etag } });
    expect(status).toBe(412);
  });
});

test('a change that is stored and not yet in force is not told as if it had not happened', async () => {
  const fixture = new Fixture();
  fixture.applyAway = true;
  const { status, json } = await fixture.call('POST', '/rules', { body: SLOW });
  expect([status, json.code, json.detail]).toEqual([
    503,
    'ledger_unavailable',
    'The change is stored, and will be in force when the database answers again.',
  ]);
  expect(fixture.store.current()).toHaveLength(1);
});

test('while the database is away no rule is changed', async () => {
  const fixture = new Fixture();
  fixture.ledgerAway = true;
  const { status, json } = await fixture.call('POST', '/rules', { body: SLOW });
  expect([status, json.code]).toEqual([503, 'ledger_unavailable']);
  expect(fixture.store.current()).toEqual([]);
});

test('200 edits of one rule at the same time lose none', async () => {
  const { fixture } = await withRule();
  let conflicts = 0;
  const addOne = async (): Promise<void> => {
    for (;;) {
      const { json, headers } = await fixture.call('GET', '/rules/slow');
      const { status } = await fixture.call('PUT', '/rules/slow', {
        body: { ...SLOW, note: String(Number(json.note ?? '0') + 1) },
        headers: { 'If-Match': headers.get('etag') ?? '' },
      });
      if (status === 200) return;
      expect(status).toBe(412);
      conflicts++;
    }
  };
  await Promise.all(Array.from({ length: 200 }, addOne));
  const { json } = await fixture.call('GET', '/rules/slow');
  expect(json.note).toBe('200');
  expect(conflicts).toBeGreaterThan(0);
  expect(fixture.audit.filter(({ action }) => action === 'rule.update')).toHaveLength(200);
}, 60_000);

test('200 rules added at the same time are all there and in force', async () => {
  const fixture = new Fixture();
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      fixture.call('POST', '/rules', {
        body: { ...SLOW, id: `r${index % 100}`, client: `10.0.1.${index % 100}` },
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(100);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(100);
  expect((await fixture.call('GET', '/rules?limit=1')).json.total).toBe(100);
  for (let index = 0; index < 100; index++) expect(fixture.access.counters(`r${index}`)).toBeDefined();
});
