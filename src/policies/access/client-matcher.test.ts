import { describe, expect, test } from 'bun:test';
import { canonicalIp } from '../../shared/ip.ts';
import { formatClientMatcher, parseClientMatcher } from './client-matcher.ts';
import { accessRule } from './rule.fixture.ts';
import { RuleSet } from './rule-set.ts';

describe('parseClientMatcher', () => {
  test.each([
    ['*', '*'],
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    // Host bits are cleared, and one address is an address.
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.168.77.255/22', '192.168.76.0/22'],
    ['10.0.0.1/32', '10.0.0.1'],
    ['1.2.3.4/0', '0.0.0.0/0'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:db8:ffff:ffff::1/33', '2001:db8:8000::/33'],
    ['2001:db8::dead:beef/100', '2001:db8::d000:0/100'],
    ['::1/128', '::1'],
    ['::5/0', '::/0'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[::1]', '::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0A00:0001', '10.0.0.1'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['client:team-a', 'client:team-a'],
    ['client:a b', 'client:a b'],
    ['client:10.0.0.1', 'client:10.0.0.1'],
    ['client:*', 'client:*'],
  ])('%p is %p', (text, written) => {
    const parsed = parseClientMatcher(text);
    expect(parsed && formatClientMatcher(parsed)).toBe(written);
  });

  test.each([
    ...['', '10.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/'],
    ...[
      '10.0.0.0/8/8',
      '10.0.0.0/8.0',
      '::/129',
      '::ffff:10.0.0.0/95',
      'fe80::1%eth0/64',
      'team-a',
      '**',
      '10.*',
    ],
    ...[
      'client:',
      'client: a',
      'client:a ',
      'client:a\nb',
      'client:\u2603',
      `client:${'a'.repeat(257)}`,
      '10.0.0.1:80',
    ],
  ])('%p is not a client', (text) => {
    expect(parseClientMatcher(text)).toBeUndefined();
  });
});

describe('no spelling of an address slips past a rule', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '::ffff:10.0.0.1'],
    ['10.0.0.1', '::FFFF:a00:1'],
    ['10.0.0.0/8', '::ffff:10.255.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:0:0/96', '192.0.2.1'],
    ['2001:db8::1', '2001:DB8:0::0:1'],
    ['2001:db8::/32', '2001:DB8:FFFF::1'],
    ['fe80::1', 'fe80::1%eth0'],
    ['fe80::/10', 'FE80::1%25eth0'],
    ['fe80::1%1', 'fe80::1%2'],
    ['::1', '[::1]'],
  ])('%p denies %p, as it came and as the edge spells it', (client, ip) => {
    const rules = new RuleSet([accessRule({ client, action: 'deny' })]);
    for (const spelling of [ip, canonicalIp(ip) ?? '']) {
      const request = { ip: spelling, clientId: undefined, path: '/', method: 'GET' };
      expect(rules.match(request).winner?.action).toBe('deny');
    }
  });

  test.each(['unknown', '', '10.0.0.1, 10.0.0.2'])('%p is nobody’s address, and still somebody', (ip) => {
    const rules = new RuleSet([
      accessRule({ id: 'v4', client: '0.0.0.0/0' }),
      accessRule({ id: 'v6', client: '::/0' }),
      accessRule({ id: 'all' }),
    ]);
    expect(rules.match({ ip, clientId: undefined, path: '/', method: 'GET' }).winner?.id).toBe('all');
  });
});
