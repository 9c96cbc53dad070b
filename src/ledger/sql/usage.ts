import type { UsageChunk } from '../../usage/rollup.ts';
import type { MaintenanceReport, UsageAnswer, UsageQuery, UsageRetention, UsageStore } from '../contracts.ts';
import type { Database } from './database.ts';
import { Names } from './names.ts';
import { coreTable } from './tables.ts';
import { maintainUsage } from './usage-maintain.ts';
import { COUNTED, dimensionsOf, type Kept, planRange, tableFor } from './usage-plan.ts';
import { coreRows } from './usage-query-core.ts';
import { facetRows } from './usage-query-facet.ts';
import { rolledUntil, writeChunk } from './usage-write.ts';

const MINUTE_MS = 60_000;

export class SqlUsageStore implements UsageStore {
  private readonly names = new Names();

  constructor(private readonly database: Database) {}

  upsert(chunk: UsageChunk): Promise<void> {
    return writeChunk(this.database, this.names, chunk);
  }

  maintain(nowMs: number, retention: UsageRetention): Promise<MaintenanceReport> {
    return maintainUsage(this.database, this.names, nowMs, retention);
  }

  async query(query: UsageQuery): Promise<UsageAnswer> {
    const dimensions = dimensionsOf(query);
    const table = tableFor(dimensions);
    if (table === undefined) {
      return {
        kind: 'unsupported',
        dimensions: [...dimensions],
        supported: COUNTED.map((counted) => counted.dimensions),
      };
    }
    const { from, to, segments } = planRange(query, await this.kept());
    const rows =
      segments.length === 0
        ? nothing()
        : table === 'core'
          ? coreRows(this.database, query, segments)
          : facetRows(this.database, table, query, segments);
    return { kind: 'rows', fromMs: from * MINUTE_MS, toMs: to * MINUTE_MS, rows };
  }

  private async kept(): Promise<Kept> {
    const oldest = async (grain: 'minute' | 'hour'): Promise<number | undefined> => {
      const [row] = await this.database.read(`select min(start_minute) as start from ${coreTable(grain)}`);
      return row?.start == null ? undefined : Number(row.start);
    };
    const rolled = await rolledUntil(this.database.read);
    return {
      rolledUntil: rolled,
      oldestMinute: (await oldest('minute')) ?? rolled,
      oldestHour: (await oldest('hour')) ?? rolled,
    };
  }
}

async function* nothing(): AsyncGenerator<never> {}
