import { pathMatches } from './path-matcher.ts';
import { comparePrecedence, namesMethods, takesMethod } from './precedence.ts';
import type { AccessRule } from './rule.ts';

/** The best rule of one client and one path, by method. */
interface Slot {
  byMethod: Map<string, AccessRule> | undefined;
  any: AccessRule | undefined;
}

/**
 * The rules of one client matcher, by path. Most have one rule, so the tables are made when there is a second one:
 * among 100,000 clients every table that is not there is a miss of the processor's cache less.
 */
export class RuleBucket {
  private only: AccessRule | undefined;
  private tables: PathTables | undefined;

  add(rule: AccessRule): void {
    if (this.only === undefined && this.tables === undefined) {
      this.only = rule;
      return;
    }
    this.tables ??= new PathTables();
    if (this.only !== undefined) this.tables.add(this.only);
    this.only = undefined;
    this.tables.add(rule);
  }

  /** The best rule for a canonical path. Its cost grows with the depth of the longest prefix, not with the rules. */
  find(path: string, method: string): AccessRule | undefined {
    const { only } = this;
    if (only === undefined) return this.tables?.find(path, method);
    return pathMatches(only.path, path) && takesMethod(only, method) ? only : undefined;
  }
}

class PathTables {
  private exact: Map<string, Slot> | undefined;
  private prefixes: Map<string, Slot> | undefined;
  private longestPrefix = 0;
  private any: Slot | undefined;

  add(rule: AccessRule): void {
    put(this.slotFor(rule), rule);
  }

  find(path: string, method: string): AccessRule | undefined {
    if (this.exact !== undefined) {
      const found = best(this.exact.get(path), method);
      if (found !== undefined) return found;
    }
    if (this.prefixes !== undefined) {
      const found = this.findPrefix(this.prefixes, path, method);
      if (found !== undefined) return found;
    }
    return best(this.any, method);
  }

  private findPrefix(
    prefixes: ReadonlyMap<string, Slot>,
    path: string,
    method: string,
  ): AccessRule | undefined {
    // A path of thousands of segments is walked no further than a rule could reach.
    let end = path.length <= this.longestPrefix ? path.length : path.lastIndexOf('/', this.longestPrefix);
    for (; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const found = best(prefixes.get(path.slice(0, end)), method);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private slotFor({ path }: AccessRule): Slot {
    switch (path.kind) {
      case 'any':
        this.any ??= { byMethod: undefined, any: undefined };
        return this.any;
      case 'exact':
        this.exact ??= new Map();
        return obtain(this.exact, path.path);
      case 'prefix':
        this.prefixes ??= new Map();
        this.longestPrefix = Math.max(this.longestPrefix, path.prefix.length);
        return obtain(this.prefixes, path.prefix);
    }
  }
}

function obtain(slots: Map<string, Slot>, key: string): Slot {
  let slot = slots.get(key);
  if (slot === undefined) {
    slot = { byMethod: undefined, any: undefined };
    slots.set(key, slot);
  }
  return slot;
}

function put(slot: Slot, rule: AccessRule): void {
  if (!namesMethods(rule)) {
    slot.any = better(slot.any, rule);
    return;
  }
  slot.byMethod ??= new Map();
  for (const method of rule.methods) slot.byMethod.set(method, better(slot.byMethod.get(method), rule));
}

function better(one: AccessRule | undefined, other: AccessRule): AccessRule {
  return one === undefined || comparePrecedence(other, one) < 0 ? other : one;
}

function best(slot: Slot | undefined, method: string): AccessRule | undefined {
  if (slot === undefined) return undefined;
  return slot.byMethod?.get(method) ?? slot.any;
}
