import type { Config } from '../config/schema.ts';
import { canonicalIp } from '../shared/ip.ts';
import { maskNumbers } from '../shared/mask-numbers.ts';
import { hashClient } from '../usage/client-hash.ts';

/** How clients are named wherever they are written down or shown. */
export function clientNames({ usage }: Config): (client: string) => string {
  return usage.hashKey === undefined ? withoutTaxIds : hashClient(usage.hashKey);
}

/** Some name themselves by their tax id. An address is none, however long its numbers are. */
function withoutTaxIds(client: string): string {
  const masked = maskNumbers(client);
  return masked === client || canonicalIp(client) === client ? client : masked;
}
