import type { FleetDrift, FleetNode } from '../../api/types.ts';

/** One thing that differs, with who has what. */
export interface DriftLine {
  readonly path: string;
  readonly strictestHolds: boolean;
  readonly values: ReadonlyArray<{
    /** Null: not configured there. */
    readonly value: string | null;
    /** How many nodes have it, and the names of the first ones. */
    readonly count: number;
    readonly names: readonly string[];
    readonly more: number;
  }>;
}

const MOST_NAMES = 5;

/** Ids of nodes as people know them. Limits come first: of them everybody has to know which hold. */
export function driftLines(drift: readonly FleetDrift[], nodes: readonly FleetNode[]): DriftLine[] {
  const names = new Map(nodes.map((node) => [node.id, nodeName(node)]));
  return [...drift]
    .sort((one, other) => Number(other.strictest_holds) - Number(one.strictest_holds))
    .map(({ path, strictest_holds: strictestHolds, values }) => ({
      path,
      strictestHolds,
      values: values.map(({ value, nodes: ids }) => ({
        value,
        count: ids.length,
        names: ids.slice(0, MOST_NAMES).map((id) => names.get(id) ?? id),
        more: Math.max(0, ids.length - MOST_NAMES),
      })),
    }));
}

/** `host:pid`; the id of one that has not told yet. */
export function nodeName({ id, host, pid }: Pick<FleetNode, 'id' | 'host' | 'pid'>): string {
  return host === null || pid === null ? id : `${host}:${pid}`;
}
