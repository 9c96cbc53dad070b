import { type AddressSet, canonicalIp } from '../shared/ip.ts';

/**
 * The address of the client behind trusted proxies: from the right of `X-Forwarded-For`, the first address that is
 * not a trusted proxy's. Without trust in the peer the header says nothing.
 */
export function clientAddress(peer: string, forwardedFor: string | null, trusted: AddressSet): string {
  let address = canonicalIp(peer) ?? peer;
  if (forwardedFor === null || !trusted.has(address)) return address;
  const hops = forwardedFor.split(',');
  for (let index = hops.length - 1; index >= 0; index--) {
    const hop = canonicalIp(withoutPort(hops[index]!.trim()));
    // What a client made up further left is not believed past a hop that is no address.
    if (hop === undefined) return address;
    address = hop;
    if (!trusted.has(hop)) return address;
  }
  return address;
}

/** Some proxies append the port: `1.2.3.4:5678`, `[::1]:5678`. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  if (bracketed !== null) return bracketed[1]!;
  return /^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.lastIndexOf(':')) : hop;
}
