/** One, as itself or as a path may carry it: percent-encoded (RFC 3986). */
const DIGIT = '(?:\\d|%3\\d)';
/** What people write between groups of digits. */
const GAP = '(?:[.\\-\\s]|%2[0DE])?';
const SLASH = '(?:[./\\-\\s]|%2[0DEF])?';

const digits = (count: number | string): string => `${DIGIT}{${count}}`;

/** 529.982.247-25, and any eleven digits or more. */
const CPF = [digits(3), digits(3), digits(3), digits('2,')].join(GAP);
/** 12.345.678/0001-95 */
const CNPJ = [digits(2), digits(3), digits(3)].join(GAP) + SLASH + [digits(4), digits(2)].join(GAP);
/** 4111 1111 1111 1111 */
const CARD = [digits(4), digits(4), digits(4), digits(4)].join(GAP);

const NUMBER = new RegExp(`${CPF}|${CNPJ}|${CARD}`, 'gi');

/** Whatever one of them could lie in: most text has none, and is passed over ten times as fast. */
const CANDIDATE = /(?:\d|%3\d)(?:[\d.\-\s/]|%2[0DEF]|%3\d){10,}/gi;

/** Tax ids and card numbers in free text or in a path become `***`. */
export function maskNumbers(text: string): string {
  return text.replace(CANDIDATE, (candidate) => candidate.replace(NUMBER, '***'));
}
