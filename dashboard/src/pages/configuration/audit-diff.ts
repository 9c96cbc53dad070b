/** How one value of a change differs. */
export type Change = 'added' | 'removed' | 'changed' | 'same';

export interface DiffLine {
  /** `queue.max_size`; empty when the whole is one value. */
  readonly path: string;
  readonly change: Change;
  /** On one line, as JSON; undefined: there was none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Deeper ones are shown as a whole. */
const DEEPEST = 6;
/** More than anybody compares; the rest is counted. */
const MOST_LINES = 300;

export interface Diff {
  /** What changed first, each group in the order of its source. */
  readonly lines: readonly DiffLine[];
  readonly omitted: number;
}

/** Before and after, value by value. Lists are one value: their order matters. */
export function diffOf(before: unknown, after: unknown): Diff {
  const old = leavesOf(before);
  const now = leavesOf(after);
  const lines = [...new Set([...old.keys(), ...now.keys()])].map((path): DiffLine => {
    const [was, is] = [old.get(path), now.get(path)];
    const change =
      was === undefined ? 'added' : is === undefined ? 'removed' : was === is ? 'same' : 'changed';
    return { path, change, before: was, after: is };
  });
  const sorted = [
    ...lines.filter(({ change }) => change !== 'same'),
    ...lines.filter(({ change }) => change === 'same'),
  ];
  return { lines: sorted.slice(0, MOST_LINES), omitted: Math.max(0, sorted.length - MOST_LINES) };
}

/** `{a: {b: 1}}` → `a.b` → `1`. Null stands for nothing at the top only: below it is a value. */
function leavesOf(value: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (inner: unknown, path: string, depth: number): void => {
    const isBranch = typeof inner === 'object' && inner !== null && !Array.isArray(inner) && depth < DEEPEST;
    const entries = isBranch ? Object.entries(inner as object) : [];
    if (entries.length === 0) leaves.set(path, JSON.stringify(inner) ?? 'null');
    else for (const [key, below] of entries) visit(below, path === '' ? key : `${path}.${key}`, depth + 1);
  };
  if (value !== null && value !== undefined) visit(value, '', 0);
  return leaves;
}
