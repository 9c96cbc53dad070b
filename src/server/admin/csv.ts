/** What a spreadsheet would take for the beginning of a formula (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/;

/**
 * One line of CSV (RFC 4180). Text that a spreadsheet would run as a formula gets an apostrophe before it, which
 * makes it text there; numbers are written as they are. Undefined and null are empty.
 */
export function csvLine(cells: ReadonlyArray<string | number | undefined | null>): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: string | number | undefined | null): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  // Some programs look behind leading spaces.
  const text = FORMULA.test(value.trimStart()) || FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
