import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseHttpDate, parseRetryAfter } from './retry-after.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 0);

describe('seconds', () => {
  test.each([
    ['0', 0],
    ['3', 3_000],
    ['120', 120_000],
    [' 2 ', 2_000],
    ['1.5', 1_500],
    ['0.25', 250],
    ['-5', 0],
    ['+5', 5_000],
    ['99999999999999999999', 2 ** 31 * 1_000],
    ['9'.repeat(500), 2 ** 31 * 1_000],
  ])('%p is %p ms', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });
});

describe('dates (RFC 9110 §5.6.7)', () => {
  test.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994', 37_000],
    ['Wed Nov 16 08:49:00 1994', 10 * 86_400_000],
    ['sun, 06 nov 1994 08:49:37 gmt', 37_000],
    ['Sun, 06 Nov 1994 08:49:60 GMT', 60_000],
    ['Sun, 06 Nov 1994 08:48:00 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('%p is %p ms away', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });

  test('a two-digit year lies at most fifty years ahead', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(parseHttpDate('Tuesday, 06-Nov-29 08:49:37 GMT', now)).toBe(Date.UTC(2029, 10, 6, 8, 49, 37));
    expect(parseHttpDate('Friday, 06-Nov-76 08:49:37 GMT', now)).toBe(Date.UTC(2076, 10, 6, 8, 49, 37));
    expect(parseHttpDate('Sunday, 06-Nov-77 08:49:37 GMT', now)).toBe(Date.UTC(1977, 10, 6, 8, 49, 37));
  });

  test('late in a century a small year belongs to the next', () => {
    const now = Date.UTC(2099, 0, 1);
    expect(parseHttpDate('Friday, 01-Jan-01 00:00:00 GMT', now)).toBe(Date.UTC(2101, 0, 1));
  });

  test('any moment is read back from each format', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        const at = new Date(seconds * 1_000);
        const imf = at.toUTCString();
        const [weekday, day, month, year, time] = imf.replace(',', '').split(' ');
        expect(parseHttpDate(imf, NOW)).toBe(at.getTime());
        const asctime = `${weekday} ${month} ${String(Number(day)).padStart(2, ' ')} ${time} ${year}`;
        expect(parseHttpDate(asctime, NOW)).toBe(at.getTime());
        const names = {
          Mon: 'Mon',
          Tue: 'Tues',
          Wed: 'Wednes',
          Thu: 'Thurs',
          Fri: 'Fri',
          Sat: 'Satur',
          Sun: 'Sun',
        };
        const name = names[weekday as keyof typeof names];
        const rfc850 = `${name}day, ${day}-${month}-${year!.slice(2)} ${time} GMT`;
        expect(parseHttpDate(rfc850, at.getTime())).toBe(at.getTime());
      }),
    );
  });
});

describe('anything else is no answer', () => {
  test.each([
    '',
    'soon',
    '1e3',
    '0x10',
    '5s',
    '5, 10',
    '.5',
    'Infinity',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    '1994-11-06T08:49:37Z',
  ])('%p', (value) => {
    expect(parseRetryAfter(value, NOW)).toBeUndefined();
  });

  test('no header', () => {
    expect(parseRetryAfter(null, NOW)).toBeUndefined();
  });
});
