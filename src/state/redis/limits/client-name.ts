/**
 * The client as keys and fields of Redis have it, 22 characters: nobody has to read there who it is, and it may be a
 * tax id. A digest hides it from those who look on (MONITOR, SLOWLOG, a dump), not from somebody who tries all ids.
 */
export function clientName(client: string): string {
  return Bun.CryptoHasher.hash('sha256', client, 'base64url').slice(0, 22);
}
