import { Histogram } from './histogram.ts';
import { facetBucketOf, MinuteFacet } from './minute-facet.ts';
import type { CacheResult, CommandOutcome } from './recorder.ts';
import type { CoreRow, CoreSeries, FacetRow, UsageChunk, UsageSample, UsageSource } from './rollup.ts';
import { latencyRow } from './rollup-buckets.ts';
import { boundedName, MAX_CLIENT_CHARS, MAX_PATH_CHARS } from './rollup-name.ts';

/** How many names each facet keeps apart in one rollup; the rest is counted under `other`. */
export interface RollupBounds {
  readonly clients: number;
  readonly paths: number;
  readonly pairs: number;
}

export const DEFAULT_BOUNDS: RollupBounds = { clients: 10_000, paths: 10_000, pairs: 20_000 };

/** The content of a chunk, before it has a node and a sequence. */
export type RollupPart = Pick<UsageChunk, 'startMs' | 'sources' | 'core' | 'facets'>;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'OTHER'];
const METHOD_AT = new Map(METHODS.map((method, index) => [method, index]));
const OUTCOME_AT: Record<CommandOutcome, number> = {
  success: 0,
  client_error: 1,
  upstream_error: 2,
  refused: 3,
  client_gone: 4,
  truncated: 5,
};
const CACHE_AT: Record<CacheResult, number> = { none: 0, hit: 1, stale: 2, miss: 3 };
const STATUS_CLASSES = 6;

/** Above any serial that a rollup can reach, so that two serials make one key. */
const SERIALS = 2 ** 26;

interface SourceSlot extends UsageSource {
  readonly index: number;
  readonly core: Map<number, CoreSeries>;
}

/**
 * What happened from one moment to another inside one wall-clock minute. Recording is a handful of look-ups and
 * additions and keeps no reference to the sample. The sums of the core and of each facet are equal at any time.
 */
export class MinuteRollup {
  /** Commands counted. */
  count = 0;
  private readonly slots: SourceSlot[] = [];
  private readonly slotOf = new Map<string, Map<string, SourceSlot>>();
  private last: SourceSlot | undefined;
  private coreSeries = 0;
  private readonly clients: MinuteFacet<string>;
  private readonly paths: MinuteFacet<string>;
  private readonly pairs: MinuteFacet<number>;

  constructor(
    /** Start of the minute (or of what older minutes were folded into), ms since the epoch. */
    readonly startMs: number,
    private readonly bounds: RollupBounds = DEFAULT_BOUNDS,
  ) {
    this.clients = new MinuteFacet('client', bounds.clients);
    this.paths = new MinuteFacet('path', bounds.paths);
    this.pairs = new MinuteFacet('pair', bounds.pairs);
  }

  record(sample: UsageSample): void {
    const slot = this.slot(sample.route, sample.upstream);
    const source = slot.index;
    const series = this.series(slot, sample);
    series.count++;
    series.bytes += sample.bytes;
    series.totalMs.record(sample.totalMs);
    if (sample.queueMs !== undefined) series.queueMs.record(sample.queueMs);
    if (sample.upstreamMs !== undefined) series.upstreamMs.record(sample.upstreamMs);

    const client = boundedName(sample.client, MAX_CLIENT_CHARS);
    const path = boundedName(sample.path, MAX_PATH_CHARS);
    const bucket = facetBucketOf(sample.totalMs);
    const byClient = this.clients.add(source, source, client, client, '', sample, bucket);
    const byPath = this.paths.add(source, source, path, '', path, sample, bucket);
    const pair = this.clients.serialOf(byClient) * SERIALS + this.paths.serialOf(byPath);
    this.pairs.add(source, 0, pair, client, path, sample, bucket);
    this.count++;
  }

  /** Rows that a name of a client or a path makes. */
  get facetRows(): number {
    return this.clients.size + this.paths.size + this.pairs.size;
  }

  /** All rows that the store would get, about. */
  get size(): number {
    return this.coreSeries + this.facetRows;
  }

  /** How many names had to give way to another. */
  get evictions(): number {
    return this.clients.evictions + this.paths.evictions + this.pairs.evictions;
  }

  /** Gives up the names of clients and paths, and with them nearly all memory. Sums stay. */
  collapse(): void {
    this.clients.collapse();
    this.paths.collapse();
    this.pairs.collapse();
  }

  /** Both as one that starts at `startMs`, without the names of clients and paths. */
  static folded(startMs: number, rollups: readonly MinuteRollup[]): MinuteRollup {
    const folded = new MinuteRollup(startMs, rollups[0]?.bounds);
    for (const rollup of rollups) folded.absorb(rollup);
    return folded;
  }

  /** Everything in parts of at most `maxRows` rows. Nothing may be recorded while they are read. */
  *parts(maxRows: number): Generator<RollupPart> {
    const sources = this.slots.map(({ route, upstream }) => ({ route, upstream }));
    let core: CoreRow[] = [];
    let facets: FacetRow[] = [];
    const part = (): RollupPart => ({ startMs: this.startMs, sources, core, facets });
    for (const series of this.slots.flatMap((slot) => [...slot.core.values()])) {
      core.push(coreRow(series));
      if (core.length < maxRows) continue;
      yield part();
      core = [];
      facets = [];
    }
    for (const facet of [this.clients, this.paths, this.pairs]) {
      for (const row of facet.rows()) {
        facets.push(row);
        if (core.length + facets.length < maxRows) continue;
        yield part();
        core = [];
        facets = [];
      }
    }
    if (core.length + facets.length > 0) yield part();
  }

  private absorb(rollup: MinuteRollup): void {
    rollup.collapse();
    const sourceOf = (source: number): number => {
      const { route, upstream } = rollup.slots[source]!;
      return this.slot(route, upstream).index;
    };
    for (const slot of rollup.slots) {
      const into = this.slot(slot.route, slot.upstream);
      for (const [key, theirs] of slot.core) {
        const ours = into.core.get(key);
        if (ours === undefined) {
          into.core.set(key, { ...theirs, source: into.index });
          this.coreSeries++;
          continue;
        }
        ours.count += theirs.count;
        ours.bytes += theirs.bytes;
        ours.totalMs.merge(theirs.totalMs);
        ours.queueMs.merge(theirs.queueMs);
        ours.upstreamMs.merge(theirs.upstreamMs);
      }
    }
    this.clients.absorbRest(rollup.clients, sourceOf);
    this.paths.absorbRest(rollup.paths, sourceOf);
    this.pairs.absorbRest(rollup.pairs, sourceOf);
    this.count += rollup.count;
  }

  private slot(route: string, upstream: string): SourceSlot {
    // Most commands come in runs on few routes, and then the strings are the very same.
    if (this.last !== undefined && this.last.route === route && this.last.upstream === upstream)
      return this.last;
    let byUpstream = this.slotOf.get(route);
    if (byUpstream === undefined) {
      byUpstream = new Map();
      this.slotOf.set(route, byUpstream);
    }
    let slot = byUpstream.get(upstream);
    if (slot === undefined) {
      slot = { route, upstream, index: this.slots.length, core: new Map() };
      this.slots.push(slot);
      byUpstream.set(upstream, slot);
    }
    this.last = slot;
    return slot;
  }

  private series({ core, index }: SourceSlot, sample: UsageSample): CoreSeries {
    const { outcome, cache } = sample;
    const status = Math.min(STATUS_CLASSES - 1, Math.floor(sample.status / 100));
    const method = METHOD_AT.get(sample.method) ?? METHODS.length - 1;
    const key = ((method * STATUS_CLASSES + status) * 8 + OUTCOME_AT[outcome]) * 4 + CACHE_AT[cache];
    let series = core.get(key);
    if (series === undefined) {
      series = {
        source: index,
        method: METHODS[method]!,
        status,
        outcome,
        cache,
        count: 0,
        bytes: 0,
        totalMs: new Histogram(),
        queueMs: new Histogram(),
        upstreamMs: new Histogram(),
      };
      core.set(key, series);
      this.coreSeries++;
    }
    return series;
  }
}

function coreRow(series: CoreSeries): CoreRow {
  const { source, method, status, outcome, cache, count, bytes } = series;
  return {
    source,
    method,
    status,
    outcome,
    cache,
    count,
    bytes,
    total: latencyRow(series.totalMs),
    queue: latencyRow(series.queueMs),
    upstream: latencyRow(series.upstreamMs),
  };
}
