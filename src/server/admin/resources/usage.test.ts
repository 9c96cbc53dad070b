import { describe, expect, test } from 'bun:test';
import type { UsageRow } from '../../../ledger/contracts.ts';
import { answerOf, Fixture, LOCAL, PORT, usageRow } from '../ports.fixture.ts';

const ROWS: readonly UsageRow[] = [
  usageRow({ startMs: 1_700_000_040_000, group: { client: 'a', path: '/ml/items/*' } }),
  usageRow({
    startMs: 1_700_000_100_000,
    group: { client: '=HYPERLINK("http://evil")', path: 'x,y' },
    queue: { count: 1, averageMs: 5, p50Ms: 5, p95Ms: 5, p99Ms: 5 },
  }),
];

function withRows(rows: readonly UsageRow[] = ROWS): Fixture {
  const fixture = new Fixture();
  fixture.usageAnswer = async ({ fromMs, toMs }) => answerOf(fromMs, toMs, rows);
  return fixture;
}

describe('the question', () => {
  test('is the last hour, all together, when nothing is said', async () => {
    const fixture = withRows([]);
    const { json } = await fixture.call('GET', '/usage');
    const nowMs = fixture.clock.wallNow();
    expect(fixture.usageQueries).toEqual([
      {
        fromMs: nowMs - 3_600_000,
        toMs: nowMs,
        groupBy: [],
        bucket: undefined,
        filters: undefined,
        orderBy: undefined,
        limit: undefined,
      },
    ]);
    expect(json).toEqual({
      from: new Date(nowMs - 3_600_000).toISOString(),
      to: new Date(nowMs).toISOString(),
      bucket: null,
      group_by: [],
      rows: [],
    });
  });

  test('takes groups, buckets, filters, order and limit', async () => {
    const fixture = withRows([]);
    await fixture.call(
      'GET',
      '/usage?group_by=client,path&bucket=1m&client=a,b&client=c&status=5xx&order_by=errors&limit=10',
    );
    expect(fixture.usageQueries[0]).toMatchObject({
      groupBy: ['client', 'path'],
      bucket: '1m',
      filters: { client: ['a,b', 'c'], status: ['5xx'] },
      orderBy: 'errors',
      limit: 10,
    });
  });

  test.each([
    ['2023-11-14T22:00:00Z', Date.UTC(2023, 10, 14, 22)],
    ['2023-11-14T22:00:00%2B01:00', Date.UTC(2023, 10, 14, 21)],
    ['2023-11-14', Date.UTC(2023, 10, 14)],
    ['1699999200000', 1_699_999_200_000],
    ['-2h', 1_700_000_010_000 - 7_200_000],
  ])('from=%s', async (from, expectedMs) => {
    const fixture = withRows([]);
    expect((await fixture.call('GET', `/usage?from=${from}`)).status).toBe(200);
    expect(fixture.usageQueries[0]?.fromMs).toBe(expectedMs);
  });

  test.each([
    ['from=yesterday', 'from'],
    ['from=1700000000', 'from'],
    ['from=2023-13-01', 'from'],
    ['from=2023-11-14T22:00:00', 'from'],
    ['to=-1x', 'to'],
    ['from=now', 'from'],
    ['bucket=5m', 'bucket'],
    ['group_by=clint', 'group_by'],
    ['group_by=', 'group_by'],
    ['order_by=time', 'order_by'],
    ['limit=0', 'limit'],
    ['limit=-5', 'limit'],
    ['format=xml', 'format'],
    ['clients=a', 'clients'],
    [Array(101).fill('client=a').join('&'), 'client'],
  ])('%s is 400 at %s', async (query, field) => {
    const { status, json } = await withRows().call('GET', `/usage?${query}`);
    expect([status, json.errors.map((error: { field: string }) => error.field)]).toEqual([400, [field]]);
  });

  test('a combination that is not kept is 400 and names those that are', async () => {
    const fixture = new Fixture();
    fixture.usageAnswer = async () => ({
      kind: 'unsupported',
      dimensions: ['client', 'status'],
      supported: [
        ['route', 'client', 'path'],
        ['route', 'status'],
      ],
    });
    const { status, json } = await fixture.call('GET', '/usage?group_by=client,status');
    expect(status).toBe(400);
    expect(json.errors).toEqual([
      {
        field: 'group_by',
        message:
          'client, status are not kept together; groups and filters must all be from one of: route, client, path | route, status',
      },
    ]);
  });

  test('a bound of the ledger is told in its words', async () => {
    const fixture = new Fixture();
    fixture.usageAnswer = () => Promise.reject(new RangeError('the range has more than 100,000 buckets'));
    const { status, json } = await fixture.call('GET', '/usage');
    expect([status, json.detail]).toEqual([400, 'the range has more than 100,000 buckets']);
  });
});

describe('the answer', () => {
  test('as JSON', async () => {
    const { json, headers } = await withRows().call('GET', '/usage?group_by=client,path&bucket=1m');
    expect(headers.get('content-type')).toBe('application/json');
    expect(json.group_by).toEqual(['client', 'path']);
    expect(json.rows).toHaveLength(2);
    expect(json.rows[0]).toEqual({
      start: '2023-11-14T22:14:00.000Z',
      group: { client: 'a', path: '/ml/items/*' },
      count: 2,
      errors: 1,
      refused: 1,
      hits: 0,
      bytes: 10,
      total: { count: 2, average: 1.5, p50: 1, p95: 2, p99: 2 },
      queue: null,
      upstream: null,
    });
  });

  test.each([
    ['/usage?group_by=client,path&bucket=1m&format=csv', {}],
    ['/usage?group_by=client,path&bucket=1m', { Accept: 'text/csv' }],
  ] as [string, Record<string, string>][])(
    'as CSV, with nothing that a spreadsheet runs: %s %j',
    async (path, headers) => {
      const answer = await withRows().call('GET', path, { headers });
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
      expect(answer.text.split('\r\n')).toEqual([
        'start,client,path,count,errors,refused,hits,bytes,total_average_ms,total_p50_ms,total_p95_ms,total_p99_ms,queue_average_ms,queue_p50_ms,queue_p95_ms,queue_p99_ms,upstream_average_ms,upstream_p50_ms,upstream_p95_ms,upstream_p99_ms',
        '2023-11-14T22:14:00.000Z,a,/ml/items/*,2,1,1,0,10,1.5,1,2,2,,,,,,,,',
        `2023-11-14T22:15:00.000Z,"'=HYPERLINK(""http://evil"")","x,y",2,1,1,0,10,1.5,1,2,2,5,5,5,5,,,,`,
        '',
      ]);
    },
  );

  test('JSON wins where both are accepted and it is named first', async () => {
    const { headers } = await withRows().call('GET', '/usage', {
      headers: { Accept: 'application/json, text/csv' },
    });
    expect(headers.get('content-type')).toBe('application/json');
  });
});

describe('streaming', () => {
  const endless = () => {
    const state = { made: 0, ended: false };
    const rows = (async function* () {
      try {
        for (;;) {
          state.made++;
          yield usageRow({ group: { client: `client-${state.made}` } });
        }
      } finally {
        state.ended = true;
      }
    })();
    return { state, rows };
  };

  async function open(path: string, method = 'GET') {
    const { state, rows } = endless();
    const fixture = new Fixture();
    fixture.usageAnswer = async ({ fromMs, toMs }) => ({ kind: 'rows', fromMs, toMs, rows });
    const request = new Request(`http://127.0.0.1:${PORT}/api/v1${path}`, {
      method,
      headers: { Host: `127.0.0.1:${PORT}` },
    });
    return { state, response: await fixture.app.fetch(request, LOCAL) };
  }

  test.each(['/usage?group_by=client', '/usage?group_by=client&format=csv'])(
    '%s is made as fast as it is read, and no further when the reader has gone',
    async (path) => {
      const { state, response } = await open(path);
      expect(state.made).toBe(1);
      const reader = response.body!.getReader();
      for (let piece = 0; piece < 5; piece++)
        expect((await reader.read()).value?.byteLength).toBeGreaterThan(1_000);
      expect(state.made).toBeLessThan(3_000);
      await reader.cancel();
      expect(state.ended).toBe(true);
    },
  );

  test('HEAD reads no further than the first row, and lets the rest go', async () => {
    const { state, response } = await open('/usage?group_by=client', 'HEAD');
    expect([response.status, await response.text(), state.made]).toEqual([200, '', 1]);
    expect(state.ended).toBe(true);
  });

  test('a database that is away at the first row is 503', async () => {
    const fixture = new Fixture();
    const away = Object.assign(new Error('away'), { code: 'ledger_unavailable' });
    fixture.usageAnswer = async ({ fromMs, toMs }) => ({
      kind: 'rows',
      fromMs,
      toMs,
      // biome-ignore lint/correctness/useYield: it fails before the first
      rows: (async function* (): AsyncGenerator<UsageRow> {
        throw away;
      })(),
    });
    expect((await fixture.call('GET', '/usage')).status).toBe(503);
  });

  test('one that goes away later breaks the answer off', async () => {
    const fixture = new Fixture();
    fixture.usageAnswer = async ({ fromMs, toMs }) => ({
      kind: 'rows',
      fromMs,
      toMs,
      rows: (async function* () {
        yield usageRow({});
        throw new Error('away');
      })(),
    });
    await expect(fixture.call('GET', '/usage')).rejects.toThrow('away');
  });
});
