import { BlockList, isIP } from 'node:net';

/**
 * One spelling for an address: lower case, no zone id, no brackets, IPv4-mapped IPv6 (`::ffff:1.2.3.4`) as IPv4.
 * Undefined when the text is not an address.
 */
export function canonicalIp(text: string): string | undefined {
  let ip = text.trim().toLowerCase();
  if (ip.startsWith('[') && ip.endsWith(']')) ip = ip.slice(1, -1);
  const zone = ip.indexOf('%');
  if (zone !== -1) ip = ip.slice(0, zone);
  const version = isIP(ip);
  if (version === 4) return ip;
  if (version !== 6) return undefined;
  // The URL parser writes IPv6 the one way RFC 5952 asks for.
  const compact = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(compact);
  if (mapped === null) return compact;
  const high = Number.parseInt(mapped[1]!, 16);
  const low = Number.parseInt(mapped[2]!, 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** A set of addresses and CIDR blocks. */
export interface AddressSet {
  has(canonicalIp: string): boolean;
}

/** Whether the text is an address or a CIDR block (`10.0.0.0/8`, `fd00::/8`). */
export function isAddressOrBlock(text: string): boolean {
  const [address = '', prefix, extra] = text.split('/');
  const version = isIP(address);
  if (version === 0 || extra !== undefined) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** Builds a set from addresses and blocks, each checked by `isAddressOrBlock` before. */
export function addressSet(entries: readonly string[]): AddressSet {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  if (entries.length === 0) return { has: () => false };
  return { has: (ip) => list.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4') };
}
