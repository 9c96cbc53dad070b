import { isAddress } from './tax-id.ts';

/** What the API says for route, upstream and client of a request that was refused before it had them. */
const NOBODY = '(none)';

/** The name; undefined where there is none. */
export function nameOf(name: string): string | undefined {
  return name === '' || name === NOBODY ? undefined : name;
}

/** A client as an access rule names it: an address as it is, an id as `client:<id>`. */
export function clientOfRule(client: string): string {
  if (client === '*' || client.startsWith('client:') || isAddress(client)) return client;
  return `client:${client}`;
}

/**
 * Whether a rule can name the client that a record shows: not where the name is masked, and not where it is the hash
 * of one (16 hexadecimal digits, `usage.hash_key`).
 */
export function canBeNamed(client: string): boolean {
  return (
    nameOf(client) !== undefined &&
    !client.includes('***') &&
    !client.endsWith('…') &&
    !/^[\da-f]{16}$/.test(client)
  );
}
