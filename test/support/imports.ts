import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Who imports whom: for the tests that hold the arrows of docs/architecture.md. Paths begin at the project's root. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  readonly from: string;
  /** A path in the project, or the name of a library. */
  readonly to: string;
  readonly typeOnly: boolean;
}

export function importsOf(path: string): Import[] {
  return importsIn(path, textOf(path));
}

export function importsIn(from: string, source: string): Import[] {
  const statement =
    /^[ \t]*(?:import|export)\s+(type\s)?[^;'"`]*?\bfrom\s*'([^']+)'|^[ \t]*import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...source.matchAll(statement)].map(([, type, named, bare, dynamic]) => ({
    from,
    to: resolved(from, (named ?? bare ?? dynamic)!),
    typeOnly: type !== undefined,
  }));
}

export function resolved(from: string, specifier: string): string {
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier;
}

export function isTestFile(path: string): boolean {
  return /\.(test|fixture)\.tsx?$/.test(path) || path === 'src/cli/burst/fake-terminal.ts';
}

export const shown = ({ from, to, typeOnly }: Import): string =>
  `${from} → ${to}${typeOnly ? ' (types)' : ''}`;

/** The first cycle that a walk meets, its first node again at the end; undefined when there is none. */
export function cycleIn(arrows: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of arrows.get(node) ?? []) {
      const cycle = walk(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of arrows.keys()) {
    const cycle = walk(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function filesBelow(folder: string): string[] {
  try {
    return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
      .sort();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}
