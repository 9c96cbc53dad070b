import { type Address, parseAddress, WORD_BITS } from './address.ts';

/**
 * Which clients a rule is about.
 *
 * - `any`: everybody.
 * - `id`: who the configuration identifies as this client id. An id is what the request says of itself.
 * - `address`: one address, canonical (`src/shared/ip.ts`).
 * - `block`: a CIDR block with no host bits set. `0.0.0.0/0` is every IPv4 address, `::/0` every IPv6 address;
 *   IPv4-mapped IPv6 addresses are IPv4.
 */
export type ClientMatcher =
  | { readonly kind: 'any' }
  | { readonly kind: 'id'; readonly clientId: string }
  | { readonly kind: 'address'; readonly ip: string }
  | { readonly kind: 'block'; readonly base: Address; readonly prefix: number };

const ID_MARK = 'client:';

/** Client ids that a request can have: printable Latin-1, which is what a header can carry. */
const CLIENT_ID = /^[\x21-\x7e\xa0-\xff](?:[\x20-\x7e\xa0-\xff]{0,254}[\x21-\x7e\xa0-\xff])?$/;

export const CLIENT_FORM =
  '"*", an address such as 10.0.0.1 or 2001:db8::1, a block such as 10.0.0.0/8, or client:<id>';

/**
 * Reads `*`, `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32` or `client:team-a`; undefined when the text is none of
 * these. Host bits of a block are cleared, and a block of one address is that address.
 */
export function parseClientMatcher(text: string): ClientMatcher | undefined {
  if (text === '*') return { kind: 'any' };
  if (text.startsWith(ID_MARK)) {
    const clientId = text.slice(ID_MARK.length);
    return CLIENT_ID.test(clientId) ? { kind: 'id', clientId } : undefined;
  }
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash === -1) return { kind: 'address', ip: address.text };
  return parseBlock(text.slice(0, slash), text.slice(slash + 1), address);
}

function parseBlock(base: string, written: string, address: Address): ClientMatcher | undefined {
  // A zone names an interface of one host; a block of them means nothing.
  if (!/^(?:0|[1-9]\d{0,2})$/.test(written) || base.includes('%')) return undefined;
  const isMapped = address.family === 4 && base.includes(':');
  const prefix = Number(written) - (isMapped ? 96 : 0);
  const bits = address.family === 4 ? 32 : 128;
  if (prefix < 0 || prefix > bits) return undefined;
  if (prefix === bits) return { kind: 'address', ip: address.text };
  return { kind: 'block', base: networkOf(address, prefix), prefix };
}

/** The address with everything behind the prefix cleared. */
function networkOf(address: Address, prefix: number): Address {
  let left = prefix;
  const words = address.words.map((word, index) => {
    const bits = WORD_BITS[address.family][index]!;
    const kept = Math.min(bits, Math.max(0, left));
    left -= bits;
    const unit = 2 ** (bits - kept);
    return Math.floor(word / unit) * unit;
  });
  return parseAddress(formatWords(address.family, words))!;
}

function formatWords(family: 4 | 6, words: readonly number[]): string {
  if (family === 4) {
    const [word = 0] = words;
    return [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.');
  }
  const hex = words.map((word, index) => word.toString(16).padStart(WORD_BITS[6][index]! / 4, '0')).join('');
  return hex.match(/.{4}/g)!.join(':');
}

/** The one way to write it. */
export function formatClientMatcher(client: ClientMatcher): string {
  switch (client.kind) {
    case 'any':
      return '*';
    case 'id':
      return clientIdentity(client.clientId);
    case 'address':
      return client.ip;
    case 'block':
      return `${client.base.text}/${client.prefix}`;
  }
}

/** How a client id is written where addresses stand as well: no address begins so. */
export function clientIdentity(clientId: string): string {
  return ID_MARK + clientId;
}

/** The client id of an identity that `clientIdentity` wrote; undefined when it is an address. */
export function clientIdOf(identity: string): string | undefined {
  return identity.startsWith(ID_MARK) ? identity.slice(ID_MARK.length) : undefined;
}
