import { expect, test } from 'bun:test';
import { VirtualClock } from '../../../shared/virtual-clock.ts';
import { FailedLogins } from './failed-logins.ts';

function failing(clock: VirtualClock, address: string, times: number, logins = new FailedLogins(clock)) {
  for (let index = 0; index < times; index++) logins.note(address);
  return logins;
}

test('an address is refused after ten wrong tokens, until the minute is over', () => {
  const clock = new VirtualClock();
  const logins = failing(clock, '10.0.0.1', 9);
  expect(logins.blockedForMs('10.0.0.1')).toBeUndefined();
  clock.advance(20_000);
  logins.note('10.0.0.1');
  expect(logins.blockedForMs('10.0.0.1')).toBe(40_000);
  expect(logins.blockedForMs('10.0.0.2')).toBeUndefined();
  clock.advance(39_999);
  expect(logins.blockedForMs('10.0.0.1')).toBe(1);
  clock.advance(1);
  expect(logins.blockedForMs('10.0.0.1')).toBeUndefined();
});

test('after a long silence counting begins anew', () => {
  const clock = new VirtualClock();
  const logins = failing(clock, '10.0.0.1', 9);
  clock.advance(3_600_000);
  failing(clock, '10.0.0.1', 9, logins);
  expect(logins.blockedForMs('10.0.0.1')).toBeUndefined();
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['2001:db8::1', '2001:db8:0:0:5::1', true],
  ['::1', '::2', true],
  ['1::', '1:0:0:0:9::', true],
])('%s and %s are one customer: %p', (one, other, same) => {
  const logins = failing(new VirtualClock(), one, 10);
  expect(logins.blockedForMs(other) !== undefined).toBe(same);
});

test('the number of addresses is bounded', () => {
  const logins = new FailedLogins(new VirtualClock(), { maxAddresses: 100 });
  for (let index = 0; index < 1_000; index++) logins.note(`10.0.${index >> 8}.${index & 255}`);
  expect(logins.size).toBe(100);
});
