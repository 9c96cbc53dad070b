/** One place in a ranked list. */
export interface Entry<T> {
  readonly value: T;
  /** Lowest goes first. */
  readonly rank: number;
  /** Breaks ties: lowest goes first. */
  readonly seq: number;
}

/** A bucket that reaches this is split in two. */
const SPLIT_AT = 512;
/** Neighbours that together hold no more than this become one. */
const MERGE_AT = 256;

type Bucket<T> = Entry<T>[];

/**
 * A list in order of (rank, seq) that also knows how many stand before a place: sorted buckets of some hundred
 * entries, found by binary search over their last entries. Insert, remove and position touch one bucket and the
 * list of buckets, some hundred at 100,000 entries.
 */
export class RankedList<T> {
  /** Never holds an empty bucket. */
  private buckets: Bucket<T>[] = [];
  private length = 0;
  private nextSeq = 0;

  get size(): number {
    return this.length;
  }

  /**
   * Puts a value in its place: after those of the same rank, or, with the `seq` of an entry it had before, where
   * it would stand had it never left. Throws RangeError when the rank is not a number.
   */
  insert(value: T, rank: number, seq: number = this.nextSeq): Entry<T> {
    if (Number.isNaN(rank) || Number.isNaN(seq))
      throw new RangeError(`rank and seq must be numbers, not NaN`);
    if (seq >= this.nextSeq) this.nextSeq = seq + 1;
    const entry: Entry<T> = { value, rank, seq };
    this.length++;
    if (this.buckets.length === 0) {
      this.buckets.push([entry]);
      return entry;
    }
    const at = Math.min(this.bucketAfter(rank, seq), this.buckets.length - 1);
    const bucket = this.buckets[at]!;
    const index = firstAfter(bucket, rank, seq);
    if (index === bucket.length) bucket.push(entry);
    else bucket.splice(index, 0, entry);
    if (bucket.length >= SPLIT_AT) this.buckets.splice(at + 1, 0, bucket.splice(SPLIT_AT / 2));
    return entry;
  }

  /** Takes an entry out; false when it is not in the list. */
  remove(entry: Entry<T>): boolean {
    const { rank, seq } = entry;
    // Several may share (rank, seq) when callers choose the seq, and may then stand in neighbouring buckets.
    for (let at = this.bucketFrom(rank, seq); at < this.buckets.length; at++) {
      const bucket = this.buckets[at]!;
      for (let index = firstFrom(bucket, rank, seq); index < bucket.length; index++) {
        const candidate = bucket[index]!;
        if (candidate === entry) {
          this.removeAt(at, index);
          return true;
        }
        if (candidate.rank !== rank || candidate.seq !== seq) return false;
      }
    }
    return false;
  }

  first(): Entry<T> | undefined {
    return this.buckets[0]?.[0];
  }

  /** How many entries stand before (rank, seq). Without `seq`: before a newcomer of that rank. */
  position(rank: number, seq: number = Number.POSITIVE_INFINITY): number {
    const at = this.bucketFrom(rank, seq);
    let before = 0;
    for (let index = 0; index < at; index++) before += this.buckets[index]!.length;
    const bucket = this.buckets[at];
    return bucket === undefined ? before : before + firstFrom(bucket, rank, seq);
  }

  at(index: number): Entry<T> | undefined {
    return this.slice(index, 1)[0];
  }

  /** Up to `count` entries from the `from`-th (0 is the first) on. */
  slice(from: number, count: number): Entry<T>[] {
    const found: Entry<T>[] = [];
    let skip = Math.max(0, from);
    for (const bucket of this.buckets) {
      if (found.length >= count) break;
      if (skip >= bucket.length) {
        skip -= bucket.length;
        continue;
      }
      const end = Math.min(bucket.length, skip + count - found.length);
      for (let index = skip; index < end; index++) found.push(bucket[index]!);
      skip = 0;
    }
    return found;
  }

  /** Every value in order. The list must not change meanwhile. */
  *values(): Generator<T, void, undefined> {
    for (const bucket of this.buckets) {
      for (const entry of bucket) yield entry.value;
    }
  }

  /** Empties the list and returns what was in it, in order. */
  clear(): T[] {
    const values = [...this.values()];
    this.buckets = [];
    this.length = 0;
    return values;
  }

  private removeAt(at: number, index: number): void {
    const bucket = this.buckets[at]!;
    if (index === 0) bucket.shift();
    else bucket.splice(index, 1);
    this.length--;
    if (bucket.length === 0) {
      this.buckets.splice(at, 1);
      return;
    }
    const left = this.fits(at - 1, at) ? at - 1 : at;
    if (left !== at || this.fits(at, at + 1)) {
      this.buckets.splice(left, 2, this.buckets[left]!.concat(this.buckets[left + 1]!));
    }
  }

  private fits(left: number, right: number): boolean {
    const first = this.buckets[left];
    const second = this.buckets[right];
    return first !== undefined && second !== undefined && first.length + second.length <= MERGE_AT;
  }

  /** The first bucket whose last entry is at or after (rank, seq); the number of buckets when there is none. */
  private bucketFrom(rank: number, seq: number): number {
    let low = 0;
    let high = this.buckets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const bucket = this.buckets[middle]!;
      if (isBefore(bucket[bucket.length - 1]!, rank, seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first bucket whose last entry is after (rank, seq); the number of buckets when there is none. */
  private bucketAfter(rank: number, seq: number): number {
    let low = 0;
    let high = this.buckets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const bucket = this.buckets[middle]!;
      if (isAfter(bucket[bucket.length - 1]!, rank, seq)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isBefore(entry: Entry<unknown>, rank: number, seq: number): boolean {
  return entry.rank < rank || (entry.rank === rank && entry.seq < seq);
}

function isAfter(entry: Entry<unknown>, rank: number, seq: number): boolean {
  return entry.rank > rank || (entry.rank === rank && entry.seq > seq);
}

/** The index of the first entry at or after (rank, seq). */
function firstFrom(bucket: Bucket<unknown>, rank: number, seq: number): number {
  let low = 0;
  let high = bucket.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(bucket[middle]!, rank, seq)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the first entry after (rank, seq). */
function firstAfter(bucket: Bucket<unknown>, rank: number, seq: number): number {
  let low = 0;
  let high = bucket.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAfter(bucket[middle]!, rank, seq)) high = middle;
    else low = middle + 1;
  }
  return low;
}
