import { afterAll, beforeAll, describe } from 'bun:test';
import type { Ledger, RuleDocument, UsageQuery, UsageRow } from '../../src/ledger/contracts.ts';

/** A database that the suite may fill. */
export interface LedgerHome {
  /** A connection of its own, as another node would have. */
  connect(): Ledger;
  dispose(): Promise<void>;
}

/** Runs tests on a database of their own. */
export type LedgerSuite = (
  name: string,
  tests: (ledger: () => Ledger, place: () => LedgerHome) => void,
) => void;

export function ledgerSuite(engine: string, home: () => Promise<LedgerHome>): LedgerSuite {
  return (name, tests) => {
    describe(`${engine}: ${name}`, () => {
      let place: LedgerHome;
      let ledger: Ledger;
      beforeAll(async () => {
        place = await home();
        ledger = place.connect();
        await ledger.open();
      });
      afterAll(async () => {
        await ledger.close();
        await place.dispose();
      });
      tests(
        () => ledger,
        () => place,
      );
    });
  };
}

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
/** Midnight of some day. */
export const DAY = 20_000 * DAY_MS;

export const by = { actor: 'operator', atMs: 1_700_000_000_000 };
export const rule = (id: string, facts: Record<string, string | number> = {}): RuleDocument => ({
  id,
  ...facts,
});

/** Texts that have broken databases. */
export const NASTY = [
  `'; drop table ledger_rule; --`,
  `" or 1=1 --`,
  '\\',
  '%_$1 ?1 :a @b',
  'nul\0inside',
  'half \ud800 surrogate',
  '😀 ção ü',
  'line\r\nbreak\t',
  'x'.repeat(10_240),
];

/** All rows of a query over the first three days, ungrouped unless said. */
export async function rowsOf(ledger: Ledger, query: Partial<UsageQuery>): Promise<UsageRow[]> {
  const answer = await ledger.usage.query({ fromMs: DAY, toMs: DAY + 3 * DAY_MS, groupBy: [], ...query });
  if (answer.kind !== 'rows') throw new Error(`the query is ${answer.kind}`);
  const rows: UsageRow[] = [];
  for await (const row of answer.rows) rows.push(row);
  return rows;
}

export function sumOf(rows: readonly UsageRow[]) {
  const sum = { count: 0, errors: 0, refused: 0, hits: 0, bytes: 0 };
  for (const row of rows) {
    for (const value of ['count', 'errors', 'refused', 'hits', 'bytes'] as const) sum[value] += row[value];
  }
  return sum;
}
