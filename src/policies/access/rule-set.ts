import { LRUCache } from 'lru-cache';
import { type Address, parseAddress, parsePlain4 } from './address.ts';
import { pathReadings } from './canonical-path.ts';
import { explainRules, type RuleExplanation, ruleMatches } from './explain.ts';
import { type AccessRequest, allowedPerMs, comparePrecedence } from './precedence.ts';
import type { AccessRule } from './rule.ts';
import { RuleIndex } from './rule-index.ts';

export type { AccessRequest, RuleExplanation };

/** More than anybody writes; beyond it, building the tables would hold up requests for seconds. */
export const MAX_RULES = 250_000;

/** IPv6 addresses that are remembered parsed. */
const REMEMBERED_ADDRESSES = 16_384;

export interface RuleMatch {
  /** Undefined when no rule matches. */
  readonly winner: AccessRule | undefined;
  /** The most specific shadow rule. */
  readonly shadow: AccessRule | undefined;
}

const NO_MATCH: RuleMatch = Object.freeze({ winner: undefined, shadow: undefined });

/**
 * Access rules, compiled: finding the one that wins (`comparePrecedence`) costs the same however many rules name
 * an exact client or path, grows with the logarithm of the number of CIDR blocks, and by a step for each segment of
 * the longest path prefix.
 */
export class RuleSet {
  private readonly rules: readonly AccessRule[];
  private readonly enforced: RuleIndex;
  private readonly shadow: RuleIndex;
  private readonly usesAddresses: boolean;
  /** Parsing an IPv6 address costs more than all the rest. */
  private readonly known = new LRUCache<string, Address>({ max: REMEMBERED_ADDRESSES });

  /** Takes the enabled ones. Throws RangeError on more than `MAX_RULES` and on an id that is there twice. */
  constructor(rules: readonly AccessRule[]) {
    if (rules.length > MAX_RULES) {
      throw new RangeError(`there are ${rules.length} rules; at most ${MAX_RULES} can be in force`);
    }
    const ids = new Set<string>();
    for (const { id } of rules) {
      if (ids.has(id)) throw new RangeError(`there are two rules with the id ${id}`);
      ids.add(id);
    }
    this.rules = rules.filter((rule) => rule.enabled);
    this.enforced = new RuleIndex(this.rules.filter((rule) => !rule.shadow));
    this.shadow = new RuleIndex(this.rules.filter((rule) => rule.shadow));
    this.usesAddresses = this.enforced.usesAddresses || this.shadow.usesAddresses;
  }

  /** Enabled rules, shadow rules included. */
  get size(): number {
    return this.rules.length;
  }

  match(request: AccessRequest): RuleMatch {
    if (this.rules.length === 0) return NO_MATCH;
    const { clientId, method } = request;
    const address = this.usesAddresses ? this.addressOf(request.ip) : undefined;
    const path = pathReadings(request.path);
    if (typeof path !== 'string') {
      return {
        winner: strictest(path.map((one) => this.enforced.find(clientId, address, one, method))),
        shadow: strictest(path.map((one) => this.shadow.find(clientId, address, one, method))),
      };
    }
    return {
      winner: this.enforced.find(clientId, address, path, method),
      shadow: this.shadow.isEmpty ? undefined : this.shadow.find(clientId, address, path, method),
    };
  }

  /** Every rule that matches, in order of precedence, and why it wins or loses. Asks all rules: not for every request. */
  explain(request: AccessRequest): RuleExplanation {
    const found = pathReadings(request.path);
    const readings = typeof found === 'string' ? [found] : found;
    const { winner, shadow } = this.match(request);
    const matching = this.rules.filter((rule) => ruleMatches(rule, request, readings));
    const path =
      readings.find((one) => winner !== undefined && ruleMatches(winner, request, [one])) ?? readings[0]!;
    return {
      path,
      otherReadings: readings.filter((one) => one !== path),
      ...explainRules(matching, winner, shadow),
    };
  }

  private addressOf(ip: string): Address | undefined {
    const plain = parsePlain4(ip);
    if (plain !== undefined) return plain;
    const known = this.known.get(ip);
    if (known !== undefined) return known;
    const address = parseAddress(ip);
    if (address !== undefined) this.known.set(ip, address);
    return address;
  }
}

/** Of the winners of several readings, the one that lets least through. */
function strictest(winners: ReadonlyArray<AccessRule | undefined>): AccessRule | undefined {
  let best: AccessRule | undefined;
  for (const rule of winners) {
    if (rule === undefined) continue;
    const difference = best === undefined ? 0 : allowedPerMs(rule) - allowedPerMs(best);
    // Two rules without any limit differ by NaN.
    if (best === undefined || difference < 0 || (!(difference > 0) && comparePrecedence(rule, best) < 0)) {
      best = rule;
    }
  }
  return best;
}
