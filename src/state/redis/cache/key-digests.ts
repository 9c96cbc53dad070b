import { createHash } from 'node:crypto';

/** Of memory for each key, as measured. */
export const BYTES_PER_DIGEST = 350;

/** Keys hold what clients asked for, tax ids among it; their digests stand for them wherever others may read. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * Digests of the keys under which this node has answers, both ways: what another node drops is named by its digest
 * alone. Whoever holds the answers adds and removes: they are as many as those.
 */
export class KeyDigests {
  private readonly digests = new Map<string, string>();
  private readonly keys = new Map<string, string>();

  get size(): number {
    return this.keys.size;
  }

  /** Of any key; one that was added costs a look-up and no hash. */
  of(key: string): string {
    return this.digests.get(key) ?? digestOf(key);
  }

  /** Undefined: this node has nothing under it. */
  keyOf(digest: string): string | undefined {
    return this.keys.get(digest);
  }

  add(key: string): void {
    if (this.digests.has(key)) return;
    const digest = digestOf(key);
    this.digests.set(key, digest);
    this.keys.set(digest, key);
  }

  remove(key: string): void {
    const digest = this.digests.get(key);
    if (digest === undefined) return;
    this.digests.delete(key);
    this.keys.delete(digest);
  }
}
