import { type Address, WORD_BITS } from './address.ts';

/** A CIDR block, and the block that holds it next. */
export interface Block<T> {
  readonly base: Address;
  readonly prefix: number;
  readonly value: T;
  /** The smallest other block of the table that holds all of it. */
  readonly outer: Block<T> | undefined;
}

interface Boundary<T> {
  readonly start: readonly number[];
  readonly innermost: Block<T> | undefined;
}

/**
 * Values by CIDR block of one address family. Blocks are disjoint or one holds the other, so a sorted list of the
 * addresses at which the innermost block changes answers by bisection, whatever prefix lengths there are; its
 * `outer` blocks are the other ones, the longest prefix first.
 */
export class BlockTable<T> {
  private readonly starts: readonly Float64Array[];
  private readonly innermost: ReadonlyArray<Block<T> | undefined>;

  constructor(family: 4 | 6, blocks: ReadonlyArray<Omit<Block<T>, 'outer'>>) {
    const boundaries = boundariesOf(family, blocks);
    this.starts = WORD_BITS[family].map((_, word) =>
      Float64Array.from(boundaries, ({ start }) => start[word]!),
    );
    this.innermost = boundaries.map(({ innermost }) => innermost);
  }

  get isEmpty(): boolean {
    return this.innermost.length === 0;
  }

  /** The block with the longest prefix that holds the address. */
  find(words: readonly number[]): Block<T> | undefined {
    let low = 0;
    let high = this.innermost.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.startsAfter(middle, words)) high = middle;
      else low = middle + 1;
    }
    return low === 0 ? undefined : this.innermost[low - 1];
  }

  private startsAfter(boundary: number, words: readonly number[]): boolean {
    for (let word = 0; word < this.starts.length; word++) {
      const difference = this.starts[word]![boundary]! - words[word]!;
      if (difference !== 0) return difference > 0;
    }
    return false;
  }
}

function boundariesOf<T>(family: 4 | 6, blocks: ReadonlyArray<Omit<Block<T>, 'outer'>>): Boundary<T>[] {
  const boundaries: Boundary<T>[] = [];
  const open: { readonly block: Block<T>; readonly end: readonly number[] }[] = [];
  const set = (start: readonly number[], innermost: Block<T> | undefined) => {
    const last = boundaries.at(-1);
    if (last !== undefined && compare(last.start, start) === 0) boundaries.pop();
    boundaries.push({ start, innermost });
  };
  const closeUntil = (start: readonly number[] | undefined) => {
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (start !== undefined && compare(top.end, start) > 0) return;
      open.pop();
      set(top.end, open.at(-1)?.block);
    }
  };
  // The outer one of two that begin alike first.
  const sorted = [...blocks].sort(
    (one, other) => compare(one.base.words, other.base.words) || one.prefix - other.prefix,
  );
  for (const one of sorted) {
    closeUntil(one.base.words);
    const block = { ...one, outer: open.at(-1)?.block };
    set(block.base.words, block);
    open.push({ block, end: endOf(family, block) });
  }
  closeUntil(undefined);
  return boundaries;
}

/** The first address behind the block. Behind the last address of all, the first word is more than it can be. */
function endOf<T>(family: 4 | 6, { base, prefix }: Block<T>): number[] {
  const end = [...base.words];
  let bitsBefore = 0;
  for (const [word, bits] of WORD_BITS[family].entries()) {
    if (prefix <= bitsBefore + bits) {
      end[word]! += 2 ** (bitsBefore + bits - prefix);
      for (let carry = word; carry > 0 && end[carry]! >= 2 ** WORD_BITS[family][carry]!; carry--) {
        end[carry] = 0;
        end[carry - 1]!++;
      }
      break;
    }
    bitsBefore += bits;
  }
  return end;
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (let word = 0; word < one.length; word++) {
    const difference = one[word]! - other[word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
