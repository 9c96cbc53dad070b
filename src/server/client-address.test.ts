import { describe, expect, test } from 'bun:test';
import { addressSet } from '../shared/ip.ts';
import { clientAddress } from './client-address.ts';

const proxies = addressSet(['10.0.0.0/8', 'fd00::/8', '127.0.0.1']);

describe('clientAddress', () => {
  test.each([
    // peer, X-Forwarded-For, client
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'], // an untrusted peer's word counts for nothing
    ['10.0.0.1', null, '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2', '198.51.100.1'], // what is further left is made up
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'], // trusted all the way: the outermost
    ['10.0.0.1', 'garbage, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'], // IPv4-mapped is IPv4
    ['10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['fd00::1', '[2001:DB8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', null, 'fe80::1'],
  ])('%s with %s is %s', (peer, forwarded, expected) => {
    expect(clientAddress(peer, forwarded, proxies)).toBe(expected);
  });

  test('with no trusted proxies nobody is believed', () => {
    expect(clientAddress('127.0.0.1', '1.2.3.4', addressSet([]))).toBe('127.0.0.1');
  });
});
