import { OTHER, type UsageDimension } from '../../usage/rollup.ts';
import { boundedName, MAX_CLIENT_CHARS, MAX_PATH_CHARS } from '../../usage/rollup-name.ts';
import type { UsageQuery } from '../contracts.ts';
import type { SqlValue } from './dialect.ts';
import { storable } from './text.ts';

type Filters = NonNullable<UsageQuery['filters']>;

const NAMED: readonly UsageDimension[] = ['route', 'upstream', 'client', 'path'];
const PLAIN: readonly UsageDimension[] = ['method', 'status', 'outcome', 'cache'];

/** `and …` on the dimensions that are stored as names; adds to `values` what its placeholders mean. */
export function nameFilter(filters: Filters, values: SqlValue[]): string {
  return conditions(NAMED, filters, (dimension, wanted) => {
    const texts = wanted.map((value) => `$${values.push(storedName(dimension, value))}`);
    return `${dimension}_id in (select id from usage_name where text in (${texts.join(', ')}))`;
  });
}

/** `and …` on the dimensions that are stored as they are. */
export function plainFilter(filters: Filters, values: SqlValue[]): string {
  return conditions(PLAIN, filters, (dimension, wanted) => {
    const places = wanted.map((value) => {
      const stored = dimension === 'status' ? statusOf(value) : storable(value, MAX_PATH_CHARS);
      return `$${values.push(stored)}`;
    });
    return `${dimension} in (${places.join(', ')})`;
  });
}

/** `2xx`, or `none` when there was no answer. */
export const statusName = (status: number): string => (status === 0 ? 'none' : `${status}xx`);

function statusOf(name: string): number {
  const status = [0, 1, 2, 3, 4, 5].find((known) => statusName(known) === name);
  if (status === undefined) throw new RangeError(`status ${name} must be none or 1xx to 5xx`);
  return status;
}

/** A name as it was cut when it was counted. The rest can be asked for by its own name. */
function storedName(dimension: UsageDimension, name: string): string {
  if (name === OTHER) return name;
  return storable(
    boundedName(name, dimension === 'client' ? MAX_CLIENT_CHARS : MAX_PATH_CHARS),
    MAX_PATH_CHARS,
  );
}

function conditions(
  dimensions: readonly UsageDimension[],
  filters: Filters,
  condition: (dimension: UsageDimension, wanted: readonly string[]) => string,
): string {
  return dimensions
    .flatMap((dimension) => {
      const wanted = filters[dimension];
      return wanted === undefined ? [] : [` and ${condition(dimension, wanted)}`];
    })
    .join('');
}
