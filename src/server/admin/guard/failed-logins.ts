import { LRUCache } from 'lru-cache';
import type { Clock } from '../../../shared/clock.ts';

interface Failures {
  count: number;
  /** When counting began, monotonic ms. */
  readonly sinceMs: number;
}

export interface FailedLoginSettings {
  /** Wrong tokens that an address may send in a window. Default 10. */
  readonly maxFailures?: number;
  /** Default one minute. */
  readonly windowMs?: number;
  /** Addresses remembered; the least recently seen is forgotten first. Default 10,000. */
  readonly maxAddresses?: number;
}

/**
 * Wrong tokens, by address. One that sent too many is refused until its window ends, whatever it sends then:
 * otherwise the answer would still tell a right guess. An IPv6 address counts as its /64, which is one customer's.
 */
export class FailedLogins {
  private readonly failures: LRUCache<string, Failures>;
  private readonly maxFailures: number;
  private readonly windowMs: number;

  constructor(
    private readonly clock: Clock,
    settings: FailedLoginSettings = {},
  ) {
    this.maxFailures = settings.maxFailures ?? 10;
    this.windowMs = settings.windowMs ?? 60_000;
    this.failures = new LRUCache({ max: settings.maxAddresses ?? 10_000 });
  }

  /** How long the address is still refused, in ms; undefined when it is not. */
  blockedForMs(address: string): number | undefined {
    const known = this.current(address);
    return known !== undefined && known.count >= this.maxFailures
      ? known.sinceMs + this.windowMs - this.clock.now()
      : undefined;
  }

  note(address: string): void {
    const known = this.current(address);
    if (known !== undefined) known.count++;
    else this.failures.set(networkOf(address), { count: 1, sinceMs: this.clock.now() });
  }

  /** Addresses remembered. */
  get size(): number {
    return this.failures.size;
  }

  private current(address: string): Failures | undefined {
    const known = this.failures.get(networkOf(address));
    return known !== undefined && this.clock.now() < known.sinceMs + this.windowMs ? known : undefined;
  }
}

/** `address` is canonical: IPv6 in its compressed form. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined || before.length >= 4) return before.slice(0, 4).join(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
