/**
 * Tells every node that rules have changed; what they are now is in the ledger. `MemoryAccessControl` needs none:
 * in one process whoever changes rules applies them.
 */
export interface RuleRevisions {
  /** Called after a change has been stored. Resolves when all nodes will be told, at the latest once they can be. */
  publish(): Promise<void>;
  /**
   * Called whenever rules have changed on some node, this one included, and whenever they may have without this
   * node being told. Answers how to stop listening.
   */
  onChange(listener: () => void): () => void;
}
