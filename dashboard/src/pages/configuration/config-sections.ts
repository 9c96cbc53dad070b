import type { Search } from '../../address/page-search.ts';
import type { ConfigEntry } from '../../api/types.ts';
import { ORIGINS, type Origin, writtenValue } from './config-entry.ts';

/** Values that stand at the top of the file, in no section. */
export const TOP = '';

export interface ConfigFilter {
  /** In the path, the value, or where it came from; lower case. */
  readonly text: string;
  /** `set` is everything but defaults. */
  readonly origin: Origin | 'set' | 'any';
  /** A path that the others begin with, such as `upstreams.score`; empty: all. */
  readonly prefix: string;
}

/** `q=timeout&origin=file&prefix=upstreams.score` of the address. */
export function readFilter({ q, origin, prefix }: Search): ConfigFilter {
  return {
    text: (q ?? '').trim().toLowerCase(),
    origin: [...ORIGINS, 'set' as const].find((one) => one === origin) ?? 'any',
    prefix: prefix ?? '',
  };
}

/** Whether a path is the prefix or lies below it: `upstreams.sc` is no prefix of `upstreams.score`. */
export function isBelow(path: string, prefix: string): boolean {
  return prefix === '' || (path.startsWith(prefix) && /^(?:$|[.[])/.test(path.slice(prefix.length)));
}

export function matches({ path, value, origin }: ConfigEntry, filter: ConfigFilter): boolean {
  if (filter.origin === 'set' ? origin.kind === 'default' : !['any', origin.kind].includes(filter.origin)) {
    return false;
  }
  if (!isBelow(path, filter.prefix)) return false;
  return [path, writtenValue(value), origin.where].some((text) => text.toLowerCase().includes(filter.text));
}

/** `upstreams.score.url` → `upstreams`; of a value without a section: `TOP`. */
export function sectionOf(path: string): string {
  return /^([^.[]+)[.[]/.exec(path)?.[1] ?? TOP;
}

export interface ConfigSection {
  /** `TOP`, or the key of the section. */
  readonly name: string;
  readonly entries: readonly ConfigEntry[];
}

/** In the order of the file; what has no section goes first. */
export function sectionsOf(entries: readonly ConfigEntry[]): ConfigSection[] {
  const sections = new Map<string, ConfigEntry[]>([[TOP, []]]);
  for (const entry of entries) {
    const name = sectionOf(entry.path);
    const section = sections.get(name);
    if (section === undefined) sections.set(name, [entry]);
    else section.push(entry);
  }
  return [...sections].filter(([, list]) => list.length > 0).map(([name, list]) => ({ name, entries: list }));
}

/** More would make a list that nobody scrolls through; the search finds the others. */
const MOST_PREFIXES = 200;

/** Sections, and what stands by name or number below `upstreams`, `routes` and `rules`. */
export function prefixesOf(entries: readonly ConfigEntry[]): string[] {
  const prefixes = new Set<string>();
  for (const { path } of entries) {
    const section = sectionOf(path);
    if (section !== TOP) prefixes.add(section);
    const named = /^(?:upstreams\.[^.[]+|(?:routes|rules)\[\d+\])/.exec(path)?.[0];
    if (named !== undefined) prefixes.add(named);
  }
  return [...prefixes].slice(0, MOST_PREFIXES);
}
