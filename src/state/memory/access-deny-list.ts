import { clientIdentity, clientIdOf } from '../../policies/access/client-matcher.ts';
import type { Clock } from '../../shared/clock.ts';
import { canonicalIp } from '../../shared/ip.ts';
import type { DeniedClient } from '../access-contract.ts';

/** A client that is denied until a time. */
export interface Denial {
  /** An address, or `client:` and a client id. */
  readonly client: string;
  readonly ruleId: string;
  /** Monotonic ms. */
  readonly untilMs: number;
  /** Requests that it refused. */
  refused: number;
}

/**
 * The clients that are denied for a time. A look-up is one step for the id and one for the address. Bounded: the
 * denial that would end first makes room for a new one.
 */
export class DenyList {
  private readonly byId = new Map<string, Denial>();
  private readonly byAddress = new Map<string, Denial>();
  /** By end, the first one on top. Denials that were lifted or replaced stay in it until they come up. */
  private heap: Denial[] = [];
  private forgottenCount = 0;
  private refusedCount = 0;

  constructor(
    private readonly clock: Clock,
    private readonly maxDenied: number,
  ) {}

  /** Clients that are denied now. */
  count(): number {
    this.dropEnded(this.clock.now());
    return this.size;
  }

  /** Denials that ended early to make room. */
  get forgotten(): number {
    return this.forgottenCount;
  }

  /** Requests refused, in total. */
  get refused(): number {
    return this.refusedCount;
  }

  /** The denial that holds for this client now; of two the one that ends later. Counts nothing. */
  find(clientId: string | undefined, ip: string): Denial | undefined {
    if (this.size === 0) return undefined;
    const nowMs = this.clock.now();
    const byId = clientId === undefined ? undefined : current(this.byId.get(clientId), nowMs);
    const byAddress = current(this.byAddress.get(ip), nowMs);
    if (byId === undefined || byAddress === undefined) return byId ?? byAddress;
    return byId.untilMs >= byAddress.untilMs ? byId : byAddress;
  }

  countRefusal(denial: Denial): void {
    denial.refused++;
    this.refusedCount++;
  }

  /** A shorter denial never shortens a longer one. */
  add(client: string, untilMs: number, ruleId: string): void {
    const nowMs = this.clock.now();
    if (!(untilMs > nowMs)) return;
    this.dropEnded(nowMs);
    const { map, key } = this.placeOf(client);
    const before = map.get(key);
    if (before !== undefined && before.untilMs >= untilMs) return;
    if (before === undefined && this.size >= this.maxDenied) this.forgetFirst();
    const identity = map === this.byId ? clientIdentity(key) : key;
    const denial: Denial = { client: identity, ruleId, untilMs, refused: before?.refused ?? 0 };
    map.set(key, denial);
    // Replaced and lifted denials leave shells behind; there are never more of them than of the living.
    if (this.heap.length > 2 * this.size + 16)
      this.heap = this.heap.filter((one) => this.isKept(one)).sort(byEnd);
    push(this.heap, denial);
  }

  remove(client: string): Denial | undefined {
    const { map, key } = this.placeOf(client);
    const denial = current(map.get(key), this.clock.now());
    map.delete(key);
    return denial;
  }

  /** Frees everybody whom such a rule denied. */
  removeRules(isSuch: (ruleId: string) => boolean): void {
    for (const map of [this.byId, this.byAddress]) {
      for (const [key, denial] of map) if (isSuch(denial.ruleId)) map.delete(key);
    }
  }

  /** Those that end first come first. */
  list(): DeniedClient[] {
    const nowMs = this.clock.now();
    this.dropEnded(nowMs);
    const wallNowMs = this.clock.wallNow();
    return [...this.byId.values(), ...this.byAddress.values()]
      .sort(byEnd)
      .map((denial) => ({ ...denial, untilWallMs: wallNowMs + (denial.untilMs - nowMs) }));
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  private get size(): number {
    return this.byId.size + this.byAddress.size;
  }

  private placeOf(client: string): { map: Map<string, Denial>; key: string } {
    const clientId = clientIdOf(client);
    if (clientId !== undefined) return { map: this.byId, key: clientId };
    return { map: this.byAddress, key: canonicalIp(client) ?? client };
  }

  private isKept(denial: Denial): boolean {
    const { map, key } = this.placeOf(denial.client);
    return map.get(key) === denial;
  }

  private dropEnded(nowMs: number): void {
    for (let first = this.heap[0]; first !== undefined && first.untilMs <= nowMs; first = this.heap[0]) {
      pop(this.heap);
      this.drop(first);
    }
  }

  private forgetFirst(): void {
    for (let first = pop(this.heap); first !== undefined; first = pop(this.heap)) {
      if (this.drop(first)) {
        this.forgottenCount++;
        return;
      }
    }
  }

  private drop(denial: Denial): boolean {
    if (!this.isKept(denial)) return false;
    const { map, key } = this.placeOf(denial.client);
    return map.delete(key);
  }
}

const byEnd = (one: Denial, other: Denial): number => one.untilMs - other.untilMs;

function current(denial: Denial | undefined, nowMs: number): Denial | undefined {
  return denial !== undefined && nowMs < denial.untilMs ? denial : undefined;
}

function push(heap: Denial[], denial: Denial): void {
  let place = heap.length;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (heap[parent]!.untilMs <= denial.untilMs) break;
    heap[place] = heap[parent]!;
    place = parent;
  }
  heap[place] = denial;
}

function pop(heap: Denial[]): Denial | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]!.untilMs < heap[child]!.untilMs) child++;
    if (heap[child]!.untilMs >= last.untilMs) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = last;
  return first;
}
