/**
 * Client ids as a keyed hash (HMAC-SHA-256, RFC 2104, the first 16 hex characters), for ledgers that must not hold
 * them: equal clients stay equal, and without the key nobody can try ids until one matches. The most recent
 * `maxRemembered` are remembered, because a hash costs more than the rest of recording.
 */
export function hashClient(key: string, maxRemembered = 10_000): (client: string) => string {
  if (key === '') throw new RangeError('the key for hashing client ids must not be empty');
  // Two generations instead of an order of use: bounded, and a hit costs one look-up.
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  return (client) => {
    const known = young.get(client);
    if (known !== undefined) return known;
    const hash =
      old.get(client) ?? new Bun.CryptoHasher('sha256', key).update(client).digest('hex').slice(0, 16);
    if (young.size >= maxRemembered / 2) {
      old = young;
      young = new Map();
    }
    young.set(client, hash);
    return hash;
  };
}
