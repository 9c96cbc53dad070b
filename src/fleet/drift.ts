/** Something that is to be alike on all nodes, and is not. */
export interface Drift {
  /** In the configuration's terms, such as `upstreams.score.limits`. */
  readonly path: string;
  /** What there is, the most common first, and who has it. Undefined: the node has no such thing. */
  readonly values: ReadonlyArray<{ readonly value: string | undefined; readonly nodes: readonly string[] }>;
}

/** Differences that are told; the rest would say the same. */
const MOST_DRIFTS = 50;

/** Where nodes differ, by path. Nodes that have told nothing yet differ in nothing. */
export function driftOf(
  nodes: ReadonlyArray<{ readonly id: string; readonly agreement: Readonly<Record<string, string>> }>,
): Drift[] {
  const paths = new Set(nodes.flatMap(({ agreement }) => Object.keys(agreement)));
  const found: Drift[] = [];
  for (const path of [...paths].sort()) {
    const holders = new Map<string | undefined, string[]>();
    for (const { id, agreement } of nodes) {
      const value = agreement[path];
      holders.set(value, [...(holders.get(value) ?? []), id]);
    }
    if (holders.size < 2) continue;
    const values = [...holders].map(([value, ids]) => ({ value, nodes: ids }));
    found.push({ path, values: values.sort((one, other) => other.nodes.length - one.nodes.length) });
    if (found.length === MOST_DRIFTS) break;
  }
  return found;
}

/** Nodes that do not have what most others have; of two halves, those that have not what `self` has. */
export function strayNodes(drifts: readonly Drift[], self: string): ReadonlySet<string> {
  const strays = new Set<string>();
  for (const { values } of drifts) {
    const most = values[0]?.nodes.length ?? 0;
    const usual = values.find(({ nodes }) => nodes.length === most && nodes.includes(self)) ?? values[0];
    for (const value of values) if (value !== usual) for (const id of value.nodes) strays.add(id);
  }
  return strays;
}
