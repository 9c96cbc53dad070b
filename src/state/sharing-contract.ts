/**
 * What a node could not share with the others as it should have, since its start, by kind. Each is a part of the fleet
 * that went on alone, and a reason to look at Redis.
 */
export const UNSHARED_KINDS = [
  /** A client limit was decided by this node's share of it. */
  'limit_decided_alone',
  /** So was a rule with `enforce: exact`. */
  'rule_decided_alone',
  /** A request counted by a rule with `enforce: eventual` that others were not told of. */
  'rule_count_unmerged',
  /** A count of such a rule that Redis had no room for. */
  'rule_count_turned_away',
  /** A denial, or the end of one, that others were not told of. */
  'denial_untold',
  /** A cached answer that stayed with this node. */
  'answer_unsent',
  /** One of another node that could not be read or is too large for this one. */
  'answer_unreadable',
  /** A call that might have been made once for all nodes. */
  'call_unshared',
  /** A call of another node that was waited for, and whose node was gone. */
  'call_lost',
  /** A message of another node that made no sense. */
  'message_unreadable',
  /** A second that others were not told of. */
  'beat_lost',
] as const;

export type UnsharedKind = (typeof UNSHARED_KINDS)[number];

export type UnsharedCounts = Readonly<Record<UnsharedKind, number>>;

/** How the sharing between nodes went, at this node, since its start. */
export interface SharingCounts {
  readonly unshared: UnsharedCounts;
  /** Calls that one node makes for all: made here, or waited for here. */
  readonly calls: { readonly led: number; readonly followed: number };
  /** Of the cache of all nodes, behind this node's own: what was found there or not, and what was put there. */
  readonly cache: { readonly hits: number; readonly misses: number; readonly stores: number };
}
