import { expect, test } from 'bun:test';
import { parseAddress } from './address.ts';
import { BlockTable } from './block-table.ts';
import { parseClientMatcher } from './client-matcher.ts';

function chainOf(family: 4 | 6, blocks: readonly string[], ip: string): string[] {
  const table = new BlockTable(
    family,
    blocks.map((text) => {
      const parsed = parseClientMatcher(text);
      if (parsed?.kind !== 'block') throw new Error(`not a block: ${text}`);
      return { base: parsed.base, prefix: parsed.prefix, value: text };
    }),
  );
  const chain: string[] = [];
  for (let block = table.find(parseAddress(ip)!.words); block !== undefined; block = block.outer) {
    chain.push(block.value);
  }
  return chain;
}

test.each([
  ['1.1.1.1', []],
  ['10.0.0.0', ['10.0.0.0/31', '10.0.0.0/8']],
  ['10.0.0.1', ['10.0.0.0/31', '10.0.0.0/8']],
  ['10.0.0.2', ['10.0.0.0/8']],
  ['10.127.255.255', ['10.0.0.0/8']],
  ['10.128.0.0', ['10.128.0.0/9', '10.0.0.0/8']],
  ['10.255.255.255', ['10.255.255.254/31', '10.128.0.0/9', '10.0.0.0/8']],
  ['11.0.0.0', ['11.0.0.0/8']],
  ['12.0.0.0', []],
  ['255.255.255.255', ['255.255.255.254/31']],
])('%p is inside %p', (ip, chain) => {
  const blocks = [
    '10.255.255.254/31',
    '11.0.0.0/8',
    '10.0.0.0/31',
    '10.0.0.0/8',
    '255.255.255.254/31',
    '10.128.0.0/9',
  ];
  expect(chainOf(4, blocks, ip)).toEqual(chain);
  expect(chainOf(4, blocks.toReversed(), ip)).toEqual(chain);
});

test('blocks that end at a word’s end, or at the end of all addresses', () => {
  const blocks = [
    '::/0',
    '2001:db8:ffff::/48',
    '::ffff:ffff:ffff:0:0/80',
    'ffff::/16',
    '::ffff:ffff:ffff:ffff:fffe/127',
  ];
  expect(chainOf(6, blocks, '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff')).toEqual([
    '2001:db8:ffff::/48',
    '::/0',
  ]);
  expect(chainOf(6, blocks, '2001:db9::')).toEqual(['::/0']);
  expect(chainOf(6, blocks, '::ffff:ffff:ffff:ffff:ffff')).toEqual([
    '::ffff:ffff:ffff:ffff:fffe/127',
    '::ffff:ffff:ffff:0:0/80',
    '::/0',
  ]);
  expect(chainOf(6, blocks, '0:0:1::')).toEqual(['::/0']);
  expect(chainOf(6, blocks, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')).toEqual(['ffff::/16', '::/0']);
});

test('an empty table holds nobody', () => {
  expect(chainOf(4, [], '10.0.0.1')).toEqual([]);
});
