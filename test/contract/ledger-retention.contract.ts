import { expect, test } from 'bun:test';
import type { UsageSample } from '../../src/usage/rollup.ts';
import { TestNode, usageSample } from '../support/usage-samples.ts';
import { DAY, DAY_MS, HOUR_MS, type LedgerSuite, MINUTE_MS, rowsOf, sumOf } from './ledger-suite.ts';

/** Rolling up and forgetting. */
export function retentionContract(suite: LedgerSuite): void {
  suite('retention', (ledger) => {
    const node = new TestNode('keeper');
    const start = DAY + 22 * HOUR_MS;
    const send = async (startMs: number, samples: Iterable<UsageSample>): Promise<void> => {
      for (const chunk of node.chunks(startMs, samples)) await ledger().usage.upsert(chunk);
    };
    const forever = { minutesMs: 1e13, hoursMs: 1e13, daysMs: 1e13 };
    const whole = { fromMs: DAY, toMs: DAY + 3 * DAY_MS };
    const perClient = async (): Promise<unknown[]> =>
      (await rowsOf(ledger(), { ...whole, groupBy: ['client'] })).map(({ group, count, bytes, total }) => [
        group.client,
        count,
        bytes,
        total.count,
        total.p95Ms,
      ]);
    let sums: ReturnType<typeof sumOf>;
    let clients: unknown[];

    test('four hours over midnight, some of every minute', async () => {
      for (let minute = 0; minute < 240; minute += 7) {
        const samples = Array.from({ length: 3 + (minute % 5) }, (_, index) =>
          usageSample({ client: `c${index}`, totalMs: minute, path: `/items/${minute % 11}` }),
        );
        await send(start + minute * MINUTE_MS, samples);
      }
      sums = sumOf(await rowsOf(ledger(), whole));
      clients = await perClient();
      expect(sums.count).toBeGreaterThan(100);
    });

    test('hours and days have the same sums, at once and after a late rollup', async () => {
      const now = start + 3 * HOUR_MS + 30 * MINUTE_MS;
      expect(await ledger().usage.maintain(now, forever)).toEqual({
        hoursRolled: 3,
        daysRolled: 2,
        rowsDeleted: 0,
      });
      expect(await ledger().usage.maintain(now, forever)).toEqual({
        hoursRolled: 0,
        daysRolled: 0,
        rowsDeleted: 0,
      });
      expect(sumOf(await rowsOf(ledger(), whole))).toEqual(sums);
      expect(await perClient()).toEqual(clients);
      await send(start + MINUTE_MS, [usageSample({ client: 'late' })]);
      sums = { ...sums, count: sums.count + 1, bytes: sums.bytes + 100 };
      for (const bucket of ['1m', '1h', '1d', undefined] as const) {
        for (const groupBy of [[], ['client'], ['path'], ['client', 'path']] as const) {
          const rows = await rowsOf(ledger(), { ...whole, groupBy, bucket });
          expect([bucket, sumOf(rows)]).toEqual([bucket, sums]);
        }
      }
    });

    test('what is past its time goes, and its sums stay in what is coarser', async () => {
      const now = start + 10 * HOUR_MS;
      const report = await ledger().usage.maintain(now, { ...forever, minutesMs: HOUR_MS });
      expect(report.rowsDeleted).toBeGreaterThan(50);
      expect(await rowsOf(ledger(), { ...whole, bucket: '1m' })).toEqual([]);
      expect(sumOf(await rowsOf(ledger(), { ...whole, bucket: '1h' }))).toEqual(sums);
      // The edges of a range move outwards to hours where minutes are gone.
      const answer = await ledger().usage.query({
        fromMs: start + 10 * MINUTE_MS,
        toMs: start + 20 * MINUTE_MS,
        groupBy: [],
      });
      expect(answer).toMatchObject({ kind: 'rows', fromMs: start, toMs: start + HOUR_MS });
      await ledger().usage.maintain(now + 10 * DAY_MS, { ...forever, minutesMs: 0, hoursMs: DAY_MS });
      expect(await rowsOf(ledger(), { ...whole, bucket: '1h' })).toEqual([]);
      const days = await rowsOf(ledger(), { ...whole, bucket: '1d' });
      expect(days.map(({ startMs }) => startMs)).toEqual([DAY, DAY + DAY_MS]);
      expect(sumOf(days)).toEqual(sums);
      await ledger().usage.maintain(now + 10 * DAY_MS, { minutesMs: 0, hoursMs: 0, daysMs: DAY_MS });
      expect(await rowsOf(ledger(), whole)).toEqual([]);
    });

    test('two nodes that put the ledger in order at once do it once', async () => {
      const later = DAY + 40 * DAY_MS;
      for (let hour = 0; hour < 6; hour++) {
        await send(later + hour * HOUR_MS, [usageSample(), usageSample()]);
      }
      const now = later + DAY_MS;
      const reports = await Promise.all([1, 2, 3].map(() => ledger().usage.maintain(now, forever)));
      expect(reports.reduce((sum, { hoursRolled }) => sum + hoursRolled, 0)).toBe(6);
      const range = { fromMs: later, toMs: later + DAY_MS };
      for (const bucket of ['1h', '1d'] as const) {
        expect(sumOf(await rowsOf(ledger(), { ...range, bucket })).count).toBe(12);
      }
    });
  });
}
