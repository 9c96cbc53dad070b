import type { z } from 'zod';
import type { usageRow } from '../../../../src/server/admin/resources/usage-rows.ts';

/** What `GET /usage` answers. */
export type UsageRow = z.output<typeof usageRow>;
export type UsageDimension = keyof UsageRow['group'];
export type UsageBucket = '1m' | '1h' | '1d';

export interface UsageAnswer {
  /** The range that the rows cover, moved outwards to whole buckets. */
  readonly from: string;
  readonly to: string;
  readonly bucket: UsageBucket | null;
  readonly group_by: readonly UsageDimension[];
  readonly rows: readonly UsageRow[];
}
