/** What a `.env` file says, and the lines that say nothing. */
export interface DotEnv {
  readonly values: ReadonlyMap<string, string>;
  /** Numbers of the lines that are not `KEY=value`, from 1. */
  readonly unreadLines: readonly number[];
}

const LINE = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Reads `KEY=value` lines: `#` comments, an `export` in front, 'single quotes' (taken as they are), "double quotes"
 * (with `\n`, `\r`, `\t`, `\"`, `\\`). Without quotes a value ends before ` #`. The last of several lines wins.
 * Values are plain text: nothing in them is expanded.
 */
export function parseDotEnv(text: string): DotEnv {
  const values = new Map<string, string>();
  const unreadLines: number[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [index, line] of lines.entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, name, written = ''] = LINE.exec(trimmed) ?? [];
    const value = name === undefined ? undefined : readValue(written);
    if (name === undefined || value === undefined) unreadLines.push(index + 1);
    else values.set(name, value);
  }
  return { values, unreadLines };
}

function readValue(written: string): string | undefined {
  if (written.startsWith("'")) return /^'([^']*)'\s*(?:#.*)?$/.exec(written)?.[1];
  if (written.startsWith('"')) {
    const inner = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(written)?.[1];
    return inner?.replaceAll(/\\(.)/g, (_, letter: string) => ESCAPED[letter] ?? letter);
  }
  return written.replace(/(^|\s)#.*$/, '').trimEnd();
}
