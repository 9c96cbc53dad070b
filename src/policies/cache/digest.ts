import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Header values seen of late, so that a client that comes back costs a look-up and no hash. */
const MOST_VALUES = 4_096;
const MOST_CHARACTERS = 1_048_576;

const known = new LRUCache<string, string>({
  max: MOST_VALUES,
  maxSize: MOST_CHARACTERS,
  sizeCalculation: (digest, value) => digest.length + value.length,
});

/** SHA-256 of a header's value: keys are shown to operators and sent to stores, and must hold no secret. */
export function digestOf(value: string): string {
  const before = known.get(value);
  if (before !== undefined) return before;
  const digest = createHash('sha256').update(value).digest('base64url');
  known.set(value, digest);
  return digest;
}
