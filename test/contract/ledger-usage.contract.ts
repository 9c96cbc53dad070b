import { expect, test } from 'bun:test';
import type { Ledger, UsageQuery } from '../../src/ledger/contracts.ts';
import type { UsageSample } from '../../src/usage/rollup.ts';
import { TestNode, usageSample } from '../support/usage-samples.ts';
import { DAY, type LedgerSuite, MINUTE_MS, NASTY, rowsOf, sumOf } from './ledger-suite.ts';

/** Usage: what is written, and what is answered. */
export function usageContract(suite: LedgerSuite): void {
  suite('usage', (ledger, place) => {
    const node = new TestNode('one');
    const send = async (startMs: number, samples: Iterable<UsageSample>, from = node): Promise<void> => {
      for (const chunk of from.chunks(startMs, samples)) await ledger().usage.upsert(chunk);
    };
    const ask = (query: Partial<UsageQuery> = {}) => rowsOf(ledger(), query);

    test('a minute by client and path shows exactly what happened', async () => {
      const calls = (count: number, facts: Partial<UsageSample>) =>
        Array.from({ length: count }, () => usageSample(facts));
      await send(DAY, [
        ...calls(5, { client: '10.0.0.7', path: '/items/1' }),
        ...calls(1, {
          client: '10.0.0.7',
          path: '/items/1',
          outcome: 'refused',
          status: 429,
          bytes: 30,
          totalMs: 0.1,
        }),
        ...calls(3, { client: '10.0.0.8', path: '/items/2', cache: 'hit' }),
      ]);
      const rows = await ask({ groupBy: ['client', 'path'], bucket: '1m' });
      expect(rows).toMatchObject([
        {
          startMs: DAY,
          group: { client: '10.0.0.7', path: '/items/1' },
          count: 6,
          errors: 1,
          refused: 1,
          hits: 0,
          bytes: 530,
        },
        {
          startMs: DAY,
          group: { client: '10.0.0.8', path: '/items/2' },
          count: 3,
          errors: 0,
          refused: 0,
          hits: 3,
          bytes: 300,
        },
      ]);
      expect(rows[1]!.total).toMatchObject({ count: 3, averageMs: 12 });
      expect(rows[1]!.total.p95Ms).toBeWithin(10, 25);
    });

    test('what core, client, path and pair say sums to the same', async () => {
      const total = await ask({ groupBy: [] });
      expect(total).toMatchObject([{ count: 9, errors: 1, refused: 1, hits: 3, bytes: 830 }]);
      for (const groupBy of [
        ['client'],
        ['path'],
        ['client', 'path'],
        ['route'],
        ['status'],
        ['outcome', 'cache'],
      ] as const) {
        const rows = await ask({ groupBy });
        expect(sumOf(rows)).toEqual(sumOf(total));
      }
    });

    test('status, outcome, method and cache are told apart, with latencies by kind', async () => {
      const rows = await ask({ groupBy: ['status', 'outcome', 'cache'] });
      expect(rows.map(({ group, count }) => [group.status, group.outcome, group.cache, count])).toEqual([
        ['2xx', 'success', 'none', 5],
        ['2xx', 'success', 'hit', 3],
        ['4xx', 'refused', 'none', 1],
      ]);
      expect(rows[0]!.queue).toMatchObject({ count: 5, averageMs: 2 });
      expect(rows[0]!.upstream!.p50Ms).toBeWithin(8, 9.01);
    });

    test('filters, order and limit', async () => {
      expect(await ask({ groupBy: ['path'], filters: { client: ['10.0.0.8'] } })).toMatchObject([
        { group: { path: '/items/2' }, count: 3 },
      ]);
      expect(await ask({ groupBy: ['client'], limit: 1, orderBy: 'bytes' })).toMatchObject([
        { group: { client: '10.0.0.7' } },
      ]);
      expect(await ask({ groupBy: ['outcome'], filters: { status: ['4xx'] } })).toMatchObject([
        { group: { outcome: 'refused' }, count: 1 },
      ]);
      expect(await ask({ groupBy: ['client'], filters: { client: [`x' or 1=1 --`] } })).toEqual([]);
    });

    test('dimensions that are not counted together are told, with those that are', async () => {
      const answer = await ledger().usage.query({
        fromMs: DAY,
        toMs: DAY + 1,
        groupBy: ['client', 'status'],
      });
      expect(answer).toMatchObject({ kind: 'unsupported', dimensions: ['client', 'status'] });
      if (answer.kind === 'unsupported')
        expect(answer.supported).toContainEqual(['route', 'upstream', 'client']);
    });

    test('a query out of bounds is a RangeError', async () => {
      for (const query of [
        { fromMs: 2, toMs: 1 },
        { limit: 0 },
        { filters: { status: ['9xx'] } },
        { filters: { client: [] } },
        { groupBy: ['client', 'client'] as const },
      ]) {
        const outcome = await ask(query).catch((error: unknown) => error);
        expect(outcome).toBeInstanceOf(RangeError);
      }
    });

    test('a chunk that comes again, or late, counts once', async () => {
      const before = sumOf(await ask());
      const chunks = node.chunks(DAY, [usageSample()]);
      for (const chunk of [...chunks, ...chunks]) await ledger().usage.upsert(chunk);
      const elsewhere = place().connect();
      for (const chunk of chunks) await elsewhere.usage.upsert(chunk);
      await elsewhere.close();
      expect(sumOf(await ask()).count).toBe(before.count + 1);
    });

    test('two nodes that write the same minute at once add up', async () => {
      const at = DAY + 5 * MINUTE_MS;
      const other = place().connect();
      const write = async (to: Ledger, name: string): Promise<void> => {
        const writer = new TestNode(name);
        for (let round = 0; round < 10; round++) {
          const samples = Array.from({ length: 40 }, (_, index) =>
            usageSample({ client: `c${(index * 7) % 40}`, path: `/items/${index % 5}`, totalMs: 20 }),
          );
          for (const chunk of writer.chunks(at, samples)) await to.usage.upsert(chunk);
        }
      };
      await Promise.all([write(ledger(), 'left'), write(other, 'right')]);
      await other.close();
      const range = { fromMs: at, toMs: at + MINUTE_MS };
      const [total] = await ask(range);
      expect(total).toMatchObject({ count: 800, total: { count: 800, averageMs: 20 } });
      const clients = await ask({ ...range, groupBy: ['client'] });
      expect(clients).toHaveLength(40);
      expect(clients.every(({ count }) => count === 20)).toBe(true);
    });

    test('names end as text, cut to their bound, and stay apart', async () => {
      const at = DAY + 10 * MINUTE_MS;
      const long = ['1', '2'].map((end) => `${'y'.repeat(10_240)}${end}`);
      const names = [...NASTY, ...long, 'other'];
      await send(
        at,
        names.map((name) => usageSample({ client: name, path: name, route: name.slice(0, 50) })),
      );
      const rows = await ask({ fromMs: at, toMs: at + 1, groupBy: ['client', 'path', 'route'] });
      expect(rows).toHaveLength(names.length);
      for (const { group } of rows) {
        expect(group.client!.length).toBeLessThanOrEqual(256);
        expect(group.path!.length).toBeLessThanOrEqual(512);
      }
      for (const name of names) {
        const found = await ask({
          fromMs: at,
          toMs: at + 1,
          groupBy: ['route'],
          filters: { client: [name] },
        });
        expect(found.length).toBe(name === 'other' ? 0 : 1);
      }
    });

    test('an answer is streamed, and one that nobody reads to its end is let go', async () => {
      const at = DAY + 20 * MINUTE_MS;
      await send(
        at,
        Array.from({ length: 3_000 }, (_, index) => usageSample({ client: `many${index}` })),
      );
      const range = { fromMs: at, toMs: at + 1, groupBy: ['client'] } as const;
      expect(await ask(range)).toHaveLength(3_000);
      for (let round = 0; round < 40; round++) {
        const answer = await ledger().usage.query(range);
        if (answer.kind !== 'rows') throw new Error(answer.kind);
        for await (const row of answer.rows) {
          expect(row.count).toBe(1);
          break;
        }
      }
      expect(await ask(range)).toHaveLength(3_000);
    });
  });
}
