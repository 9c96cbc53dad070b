import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Lookup, Unusable, Variable } from './interpolate.ts';
import { isSecretName, quote } from './quote.ts';

/** What follows a variable's name in that of the variable which says where its value lies. */
const SUFFIX = '_FILE';
/** A token, a URL, a key with its certificates: much more is another file by mistake. */
const LARGEST_BYTES = 65_536;

/**
 * Lets a value lie in a file: where `NAME` is asked for, not set, and `NAME_FILE` is, the value is the content of the
 * file that it names, without white space around it. That is how Docker, Kubernetes and systemd hand secrets over, and
 * what Docker's official images call theirs. Empty counts as not set. Both at once, and a file that cannot be read or
 * is empty, are unusable: neither a default nor nothing stands in for a secret that was meant to be there.
 *
 * Each file is read once; a relative path begins at the working directory.
 */
export function withFiles(lookup: (name: string) => Variable | undefined): Lookup {
  const known = new Map<string, Variable | Unusable>();
  return (name) => {
    const given = lookup(name);
    const file = lookup(name + SUFFIX);
    if (file === undefined || file.value === '') return given;
    if (given !== undefined && given.value !== '') {
      return { name, message: `both \`${name}\` and \`${file.name}\` are set`, hint: 'keep one of them' };
    }
    const found = known.get(name) ?? fromFile(file);
    known.set(name, found);
    return found;
  };
}

/** `"/run/secrets/token"`, or that it is not shown: whoever puts the secret itself there must not find it in a log. */
export function shownPath(name: string, path: string): string {
  if (isSecretName(name) && !/^\.{0,2}\//.test(path)) return 'set and not shown';
  return quote(path.replaceAll(/[`"]/g, '?')).replace(/^`(.*)`$/, '"$1"');
}

type Content =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unusable'; readonly why: string; readonly hint: string | undefined };

function fromFile({ name, value: path, source }: Variable): Variable | Unusable {
  const content = contentOf(path);
  if (content.kind === 'text') return { name, value: content.text, source, file: path };
  return { name, message: `\`${name}\` is ${shownPath(name, path)}: ${content.why}`, hint: content.hint };
}

function contentOf(path: string): Content {
  let descriptor: number | undefined;
  try {
    // A pipe would otherwise hold the process up until somebody writes to it.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) return unusable('is a folder');
    if (!stats.isFile()) return unusable('is not a file');
    return textOf(firstBytes(descriptor));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return unusable(code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** One byte more than may be there, so that it shows: what a file says of its size is not always so. */
function firstBytes(descriptor: number): Buffer {
  const buffer = Buffer.alloc(LARGEST_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

function textOf(bytes: Buffer): Content {
  if (bytes.length > LARGEST_BYTES) return unusable('is too long', 'at most 64kb is read');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return unusable('is not UTF-8 text');
  }
  return text === '' ? unusable('is empty') : { kind: 'text', text };
}

function unusable(why: string, hint?: string): Content {
  return { kind: 'unusable', why, hint };
}
