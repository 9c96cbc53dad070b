import type { Address } from './address.ts';
import { type Block, BlockTable } from './block-table.ts';
import { formatClientMatcher } from './client-matcher.ts';
import type { AccessRule } from './rule.ts';
import { RuleBucket } from './rule-bucket.ts';

type Blocks = Map<string, Omit<Block<RuleBucket>, 'outer'>>;

/** Rules by client: whose bucket is asked first wins (`comparePrecedence`). */
export class RuleIndex {
  private readonly ids = new Map<string, RuleBucket>();
  private readonly addresses = new Map<string, RuleBucket>();
  private readonly blocks: Readonly<Record<4 | 6, BlockTable<RuleBucket>>>;
  private readonly everybody = new RuleBucket();
  readonly isEmpty: boolean;
  /** Whether some rule asks for the address. */
  readonly usesAddresses: boolean;

  constructor(rules: readonly AccessRule[]) {
    const blocks: Readonly<Record<4 | 6, Blocks>> = { 4: new Map(), 6: new Map() };
    for (const rule of rules) this.bucketFor(rule, blocks).add(rule);
    this.blocks = {
      4: new BlockTable(4, [...blocks[4].values()]),
      6: new BlockTable(6, [...blocks[6].values()]),
    };
    this.isEmpty = rules.length === 0;
    this.usesAddresses = this.addresses.size > 0 || blocks[4].size > 0 || blocks[6].size > 0;
  }

  /** The winner. Without an address only rules for everybody or for the id match. */
  find(
    clientId: string | undefined,
    address: Address | undefined,
    path: string,
    method: string,
  ): AccessRule | undefined {
    if (clientId !== undefined && this.ids.size > 0) {
      const found = this.ids.get(clientId)?.find(path, method);
      if (found !== undefined) return found;
    }
    if (address !== undefined) {
      const found = this.addresses.get(address.text)?.find(path, method);
      if (found !== undefined) return found;
      let block = this.blocks[address.family].find(address.words);
      for (; block !== undefined; block = block.outer) {
        const inBlock = block.value.find(path, method);
        if (inBlock !== undefined) return inBlock;
      }
    }
    return this.everybody.find(path, method);
  }

  private bucketFor({ client }: AccessRule, blocks: Readonly<Record<4 | 6, Blocks>>): RuleBucket {
    switch (client.kind) {
      case 'any':
        return this.everybody;
      case 'id':
        return obtain(this.ids, client.clientId);
      case 'address':
        return obtain(this.addresses, client.ip);
      case 'block': {
        const { base, prefix } = client;
        const known = blocks[base.family];
        const key = formatClientMatcher(client);
        const block = known.get(key) ?? { base, prefix, value: new RuleBucket() };
        known.set(key, block);
        return block.value;
      }
    }
  }
}

function obtain(buckets: Map<string, RuleBucket>, key: string): RuleBucket {
  let bucket = buckets.get(key);
  if (bucket === undefined) {
    bucket = new RuleBucket();
    buckets.set(key, bucket);
  }
  return bucket;
}
