import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedConfig, type LoadOptions, loadConfig, type RejectedConfig } from './load.ts';
import { formatProblem } from './problem.ts';

/** A folder for one test file's configurations. */
export class ConfigFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'comporta-config-'));

  write(name: string, text: string): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    return file;
  }

  /** Loads a text as `comporta.yaml` with nothing but the given environment. */
  load(text: string, options: Partial<Omit<LoadOptions, 'file'>> = {}): LoadedConfig | RejectedConfig {
    return loadConfig({ file: this.write('comporta.yaml', text), env: {}, ...options });
  }

  /** What `comporta check` would print of a text, with the folder left out. */
  problems(text: string, options: Partial<Omit<LoadOptions, 'file'>> = {}): string[] {
    const result = this.load(text, options);
    if (!('problems' in result)) throw new Error('expected the configuration to be rejected');
    return result.problems.map((problem) => formatProblem(problem).replaceAll(`${this.path}/`, ''));
  }

  /** A text that must load. */
  loaded(text: string, options: Partial<Omit<LoadOptions, 'file'>> = {}): LoadedConfig {
    return accepted(this.load(text, options));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The configuration of a file that must be valid; throws with every problem otherwise. */
export function accepted(result: LoadedConfig | RejectedConfig): LoadedConfig {
  if ('problems' in result) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result;
}

/** Valid but for what a test adds: lines 1 to 3, then the rest of upstream `a`, then `rest`. */
export const withUpstream = (lines: string, rest = 'routes: []') =>
  `upstreams:\n  a:\n    url: http://a.test\n${lines.replaceAll(/^/gm, '    ')}\n${rest}\n`;
export const withRoute = (lines: string) =>
  `upstreams: { a: { url: "http://a.test" } }\nroutes:\n  - path: /a\n    upstream: a\n${lines.replaceAll(/^/gm, '    ')}\n`;
export const withTop = (lines: string) => `${lines}\nupstreams: {}\nroutes: []\n`;
