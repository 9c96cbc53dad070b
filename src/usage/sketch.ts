/**
 * The heaviest keys of a stream in a bounded table (Space-Saving: Metwally, Agrawal, El Abbadi, ICDT 2005). While
 * there is room every key has a row. After that a new key takes the row of the lightest one and inherits its
 * weight, so with `capacity` rows and `total` touches every key that came more than `total / capacity` times has a
 * row. Values are not kept here: whoever owns the rows moves those of an evicted key to `other`.
 */
export class HeavyHitters<K extends string | number> {
  /** Rows by scope (a source) and key. */
  private readonly rows: Map<K, number>[] = [];
  private readonly keys: K[] = [];
  private readonly scopes: number[] = [];
  private weights = new Uint32Array(64);
  /** No row weighs less; every row before the hand weighs more. */
  private least = 1;
  private hand = 0;
  /** How many keys lost their row. */
  evictions = 0;

  /** `onEvict` is told the row before its new key takes it; `onNew` the row that a key has just got. */
  constructor(
    readonly capacity: number,
    private readonly onEvict: (row: number) => void,
    private readonly onNew: (row: number, scope: number, key: K) => void,
  ) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity ${capacity} must be 1 or more`);
  }

  get size(): number {
    return this.keys.length;
  }

  /** Counts the key once and answers its row. Amortised O(1). */
  touch(scope: number, key: K): number {
    let rows = this.rows[scope];
    if (rows === undefined) {
      rows = new Map();
      this.rows[scope] = rows;
    }
    let row = rows.get(key);
    if (row !== undefined) {
      this.weights[row]!++;
      return row;
    }
    if (this.keys.length < this.capacity) {
      row = this.keys.length;
      if (row === this.weights.length) {
        const longer = new Uint32Array(row * 2);
        longer.set(this.weights);
        this.weights = longer;
      }
      this.weights[row] = 1;
    } else {
      row = this.lightest();
      this.onEvict(row);
      this.rows[this.scopes[row]!]!.delete(this.keys[row]!);
      this.evictions++;
      this.weights[row]!++;
    }
    this.keys[row] = key;
    this.scopes[row] = scope;
    rows.set(key, row);
    this.onNew(row, scope, key);
    return row;
  }

  /** What the key weighs: its count, plus what it inherited. */
  weight(row: number): number {
    return this.weights[row] ?? 0;
  }

  /**
   * The row of least weight: a hand goes round until it finds one. Weights only rise, so after a round none is at the
   * least weight any more and that goes up by one. It never exceeds `touches / capacity`, so all rounds together look
   * at no more rows than there were touches, in the order in which they stand in memory.
   */
  private lightest(): number {
    const { weights, capacity } = this;
    for (;;) {
      while (this.hand < capacity) {
        const row = this.hand++;
        if (weights[row] === this.least) return row;
      }
      this.hand = 0;
      this.least++;
    }
  }
}
