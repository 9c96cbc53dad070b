import {
  FACET_LATENCY_AT,
  FACET_LATENCY_BOUNDS_MS,
  FACET_VALUE,
  FACET_WIDTH,
  type Facet,
  type FacetRow,
  OTHER,
  type UsageSample,
} from './rollup.ts';
import { HeavyHitters } from './sketch.ts';

/**
 * One facet of one minute: a bounded table of numbers, and one row a source for everything that lost its own. Values
 * stand in one array instead of an object a row, so that tens of thousands of rows cost the collector nothing.
 */
export class MinuteFacet<K extends string | number> {
  private sketch!: HeavyHitters<K>;
  private values = new Float64Array(512 * FACET_WIDTH);
  private readonly clients: string[] = [];
  private readonly paths: string[] = [];
  private readonly sources: number[] = [];
  private readonly serials: number[] = [];
  private serial = 0;
  private client = '';
  private path = '';
  private source = 0;
  /** By source. */
  private readonly rest: Float64Array[] = [];

  constructor(
    readonly facet: Facet,
    private readonly maxRows: number,
  ) {
    this.clear();
  }

  /** Rows with a name. */
  get size(): number {
    return this.sketch.size;
  }

  get evictions(): number {
    return this.sketch.evictions;
  }

  /** Counts a command under `key`, which stands for this client and path, and answers its row. */
  add(
    source: number,
    scope: number,
    key: K,
    client: string,
    path: string,
    sample: UsageSample,
    bucket: number,
  ): number {
    this.source = source;
    this.client = client;
    this.path = path;
    const row = this.sketch.touch(scope, key);
    const { values } = this;
    const at = row * FACET_WIDTH;
    values[at]!++;
    if (sample.outcome !== 'success') {
      values[at + FACET_VALUE.errors]!++;
      if (sample.outcome === 'refused') values[at + FACET_VALUE.refused]!++;
    }
    if (sample.cache === 'hit' || sample.cache === 'stale') values[at + FACET_VALUE.hits]!++;
    values[at + FACET_VALUE.bytes]! += sample.bytes;
    values[at + FACET_VALUE.totalUs]! += Math.round(sample.totalMs * 1_000);
    values[at + FACET_LATENCY_AT + bucket]!++;
    return row;
  }

  /** A number that no other key of this facet has had: rows are handed on, serials are not. */
  serialOf(row: number): number {
    return this.serials[row]!;
  }

  /** Moves everything to the row of the rest: names are lost, sums are not. */
  collapse(): void {
    for (let row = 0; row < this.size; row++) this.moveToRest(row);
    this.clear();
  }

  /** Adds another facet's rest to this one's; `sourceOf` translates its sources. */
  absorbRest(other: MinuteFacet<K>, sourceOf: (source: number) => number): void {
    for (const [source, values] of other.rest.entries()) {
      if (values !== undefined) addTo(this.restOf(sourceOf(source)), values, 0);
    }
  }

  *rows(): Generator<FacetRow> {
    for (let row = 0; row < this.size; row++) {
      const at = row * FACET_WIDTH;
      yield {
        facet: this.facet,
        source: this.sources[row]!,
        client: this.clients[row]!,
        path: this.paths[row]!,
        values: Array.from(this.values.subarray(at, at + FACET_WIDTH)),
      };
    }
    for (const [source, values] of this.rest.entries()) {
      if (values === undefined) continue;
      yield {
        facet: this.facet,
        source,
        client: this.facet === 'path' ? '' : OTHER,
        path: this.facet === 'client' ? '' : OTHER,
        values: Array.from(values),
      };
    }
  }

  private clear(): void {
    this.sketch = new HeavyHitters(
      this.maxRows,
      (row) => this.moveToRest(row),
      (row) => this.begin(row),
    );
  }

  private begin(row: number): void {
    const at = row * FACET_WIDTH;
    if (at === this.values.length) {
      const longer = new Float64Array(this.values.length * 2);
      longer.set(this.values);
      this.values = longer;
    }
    this.values.fill(0, at, at + FACET_WIDTH);
    this.sources[row] = this.source;
    this.clients[row] = this.client;
    this.paths[row] = this.path;
    this.serials[row] = this.serial++;
  }

  private moveToRest(row: number): void {
    addTo(this.restOf(this.sources[row]!), this.values, row * FACET_WIDTH);
  }

  private restOf(source: number): Float64Array {
    this.rest[source] ??= new Float64Array(FACET_WIDTH);
    return this.rest[source];
  }
}

function addTo(into: Float64Array, from: Float64Array, at: number): void {
  for (let index = 0; index < FACET_WIDTH; index++) into[index]! += from[at + index]!;
}

/** The first bucket of a facet's latencies whose bound is not below `ms`. */
export function facetBucketOf(ms: number): number {
  let index = 0;
  while (index < FACET_LATENCY_BOUNDS_MS.length && FACET_LATENCY_BOUNDS_MS[index]! < ms) index++;
  return index;
}
