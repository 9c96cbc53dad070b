/**
 * Edits that turn `from` into `to`: insertions, deletions, substitutions and swaps of neighbours, each counted
 * once (the restricted Damerau–Levenshtein distance). Quadratic; callers pass short names.
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, beforeLast[column - 2]! + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length]!;
}

/** Longer texts are not typing mistakes of a name, and comparing them would cost time for nothing. */
const LONGEST_NAME = 64;

/**
 * The name that somebody who wrote `wrong` most likely meant, or undefined when none is close: at most a third of
 * its letters differ. Case and `-` for `_` count for nothing, so that `maxSize` still finds `max_size`.
 */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  if (wrong.length > LONGEST_NAME) return undefined;
  const written = plain(wrong);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    if (name.length > LONGEST_NAME) continue;
    const distance = editDistance(written, plain(name));
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(name.length / 3))) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
