/** Header fields in the order they came, repeated names kept apart. */
export type Fields = ReadonlyArray<readonly [name: string, value: string]>;

/** Of these the first line counts (RFC 9111 §4.2.1); lines of other fields are joined by commas. */
const SINGLE = new Set(['age', 'date', 'etag', 'expires', 'last-modified']);

/** Fields by lower-case name, as `http-cache-semantics` takes them. */
export function fieldRecord(fields: Fields): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = record[key];
    if (before === undefined) record[key] = value;
    else if (!SINGLE.has(key)) record[key] = `${before}, ${value}`;
  }
  return record;
}

/** The header names that an answer varies with, lower case and sorted (RFC 9110 §12.5.5); `*` may be among them. */
export function varyNames(vary: string | undefined): readonly string[] {
  if (vary === undefined) return [];
  const names = vary
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  return [...new Set(names)].sort();
}
