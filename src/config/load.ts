import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { checkReferences, checkValues } from './cross-check.ts';
import { ConfigDocument } from './document.ts';
import { parseDotEnv } from './dotenv.ts';
import { deepFreeze } from './freeze.ts';
import type { Variable } from './interpolate.ts';
import { type Finding, finding, findingsOf, isMapping, valueAt } from './issues.ts';
import { type Origin, type Setting, settingsOf } from './origins.ts';
import { formatPath, inOrder, type Path, type Problem } from './problem.ts';
import { isSecretName, quote } from './quote.ts';
import { type Config, fileSchema, resolveConfig } from './schema.ts';
import { shownPath, withFiles } from './variable-file.ts';

export type { Origin, Setting } from './origins.ts';
export { formatProblem, type Problem } from './problem.ts';

const LARGEST_FILE_BYTES = 1_048_576;
/** More than anybody reads; the rest is counted. */
const MOST_PROBLEMS = 200;
/** Finding the place of each takes time that grows with the file. */
const MOST_FINDINGS = 2_000;

const INIT_HINT = '`comporta init` writes one to start from';

export interface LoadOptions {
  /** The configuration file; messages name it as it is written here. */
  readonly file: string;
  /** What the command line says; it wins over the file. */
  readonly flags?: { readonly listen?: string | undefined; readonly adminListen?: string | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A `.env` file; `env` wins over it, and it need not exist. Undefined: none is read. */
  readonly envFile?: string | undefined;
}

export interface LoadedConfig {
  /** Deep-frozen. */
  readonly config: Config;
  /** By path in the file's terms, such as `upstreams.score.timeout`. Secrets stand in it as they are. */
  readonly settings: ReadonlyMap<string, Setting>;
  /** What is accepted and has no effect, or was ignored. */
  readonly warnings: readonly Problem[];
}

export interface RejectedConfig {
  /** At least one, by line. */
  readonly problems: readonly Problem[];
}

/** Reads, completes and checks a configuration: all of its problems at once, or a frozen `Config`. Never throws. */
export function loadConfig(options: LoadOptions): LoadedConfig | RejectedConfig {
  const { file } = options;
  const read = readText(file);
  if (read.kind !== 'text') return { problems: [withoutPlace(file, ...read.why)] };
  const environment = readEnvironment(options);
  if ('problem' in environment) return { problems: [environment.problem] };

  const document = new ConfigDocument(file, read.text);
  if (document.syntaxProblems.length > 0) return rejected(document.syntaxProblems);
  const unset = document.interpolate(withFiles(environment.lookup));
  const given = dataOf(document, file);
  if ('problem' in given) return { problems: [given.problem] };
  if (given.data === undefined) return { problems: [withoutPlace(file, 'is empty', INIT_HINT)] };
  const flags = flagsByPath(options.flags);
  const data = withFlags(given.data, flags);

  const toProblem = (found: Finding) => located(found, { file, document, flags, data });
  const parsed = fileSchema.safeParse(data);
  const findings = [
    ...findingsOf(parsed.error?.issues ?? [], data),
    ...checkReferences(data, (path) => document.valuePosition(path)),
  ];
  // What a missing variable would have been is not wrong on top of being missing.
  const unsetPaths = new Set(unset.map(({ path }) => path));
  const wrong = findings
    .slice(0, MOST_FINDINGS)
    .map(toProblem)
    .filter(({ path }) => !unsetPaths.has(path));
  const problems = [...unset, ...wrong];
  if (problems.length > 0 || !parsed.success) return rejected(problems);

  const config = resolveConfig(parsed.data, (path) => resolve(dirname(file), path));
  const late = [...checkValues(config), ...checkFiles(config)].map(toProblem);
  if (late.length > 0) return rejected(late);
  return {
    config: deepFreeze(config),
    settings: settingsOf(data, (path) => originOf(path, { file, document, flags, data })),
    warnings: environment.warnings,
  };
}

interface Source {
  readonly file: string;
  readonly document: ConfigDocument;
  readonly flags: ReadonlyMap<string, Flag>;
  readonly data: unknown;
}

/** What the command line sets. */
interface Flag {
  readonly name: string;
  readonly value: string;
}

type Text = { readonly kind: 'text'; readonly text: string };
type Unreadable = { readonly kind: 'missing' | 'unreadable'; readonly why: readonly [string, string?] };

function readText(file: string): Text | Unreadable {
  try {
    const { size } = statSync(file);
    if (size > LARGEST_FILE_BYTES) {
      return { kind: 'unreadable', why: [`is ${size.toLocaleString('en')} bytes long; at most 1mb is read`] };
    }
    return { kind: 'text', text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT') {
      return { kind: 'missing', why: ['there is no such file', INIT_HINT] };
    }
    return { kind: 'unreadable', why: [code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`] };
  }
}

interface Environment {
  readonly lookup: (name: string) => Variable | undefined;
  readonly warnings: readonly Problem[];
}

function readEnvironment(options: LoadOptions): Environment | { readonly problem: Problem } {
  const { env, envFile } = options;
  const read = envFile === undefined ? undefined : readText(envFile);
  if (envFile !== undefined && read?.kind === 'unreadable') {
    return { problem: withoutPlace(envFile, ...read.why) };
  }
  const dotEnv = parseDotEnv(read?.kind === 'text' ? read.text : '');
  const lookup = (name: string): Variable | undefined => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) return { name, value, source: 'environment' };
    const written = dotEnv.values.get(name);
    return written === undefined ? undefined : { name, value: written, source: basename(envFile ?? '.env') };
  };
  const warnings = dotEnv.unreadLines.map((line) => ({
    ...withoutPlace(envFile ?? '.env', 'is not KEY=value; the line is ignored'),
    line,
    column: 1,
  }));
  return { lookup, warnings };
}

/** The plain data; undefined for a file without any. */
function dataOf(document: ConfigDocument, file: string): { data: unknown } | { problem: Problem } {
  try {
    return { data: document.toData() };
  } catch (error) {
    if (error instanceof ReferenceError) return { problem: withoutPlace(file, error.message) };
    throw error;
  }
}

/** The keys that flags set, by their path. */
function flagsByPath(flags: LoadOptions['flags']): ReadonlyMap<string, Flag> {
  const given = new Map<string, Flag>();
  if (flags?.listen !== undefined) given.set('listen', { name: '--listen', value: flags.listen });
  if (flags?.adminListen !== undefined) {
    given.set('admin.listen', { name: '--admin-listen', value: flags.adminListen });
  }
  return given;
}

function withFlags(data: unknown, flags: ReadonlyMap<string, Flag>): unknown {
  if (!isMapping(data)) return data;
  const listen = flags.get('listen')?.value;
  const adminListen = flags.get('admin.listen')?.value;
  const { admin } = data;
  return {
    ...data,
    ...(listen === undefined ? {} : { listen }),
    ...(adminListen === undefined
      ? {}
      : { admin: { ...(isMapping(admin) ? admin : {}), listen: adminListen } }),
  };
}

function located({ path, at, message, hint }: Finding, source: Source): Problem {
  const written = formatPath(path);
  const flag = source.flags.get(written);
  if (flag !== undefined) return withoutPlace(flag.name, message, hint);
  const { document, file, data } = source;
  const place = at === 'key' ? document.keyPosition(path) : document.valuePosition(path);
  const variables = at === 'value' && valueAt(data, path) !== undefined ? document.variablesAt(path) : [];
  if (variables.length === 0) return { file, ...place, path: written, message, hint };
  const keyIsSecret = path.some((step) => isSecretName(String(step)));
  const isSecret = ({ name }: Variable) => keyIsSecret || isSecretName(name);
  const blame = variables.map((variable) => {
    const { name, value, file: from } = variable;
    if (from !== undefined) return `\`${name}\` is ${shownPath(name, from)}`;
    if (isSecret(variable)) return `\`${name}\` is set and not shown`;
    return `\`${name}\` is ${quote(value).replace(/^`(.*)`$/, '"$1"')}`;
  });
  // What was wrong with a secret is said without the part that repeats it. What lies in a file is taken for one.
  const isInFile = variables.some(({ file: from }) => from !== undefined);
  const hides = isInFile || variables.some(isSecret);
  const said = (isInFile ? 'in the file: ' : '') + (hides ? message.replace(/,? got `.*$/s, '') : message);
  return {
    file,
    ...place,
    path: written,
    message: `${blame.join(', ')}: ${said}`,
    hint: hides ? undefined : hint,
  };
}

function originOf(path: Path, { document, file, flags }: Source): Origin {
  const flag = flags.get(formatPath(path));
  if (flag !== undefined) return { kind: 'flag', where: flag.name };
  const variables = document.variablesAt(path);
  if (variables.length > 0) {
    const names = variables.map(({ name, source }) =>
      source === 'environment' ? name : `${name} (${source})`,
    );
    return { kind: 'env', where: names.join(', ') };
  }
  const { line, column } = document.valuePosition(path);
  return { kind: 'file', where: `${file}:${line}:${column}` };
}

function checkFiles(config: Config): Finding[] {
  return Object.values(config.upstreams).flatMap(({ name, tls }) => {
    if (tls.caFile === undefined) return [];
    try {
      accessSync(tls.caFile, constants.R_OK);
      return [];
    } catch {
      return [finding(['upstreams', name, 'tls', 'ca_file'], 'value', 'the file cannot be read')];
    }
  });
}

function rejected(problems: readonly Problem[]): RejectedConfig {
  const ordered = inOrder(problems);
  if (ordered.length <= MOST_PROBLEMS) return { problems: ordered };
  const rest = ordered.length - MOST_PROBLEMS;
  const file = ordered[0]?.file ?? '';
  return { problems: [...ordered.slice(0, MOST_PROBLEMS), withoutPlace(file, `and ${rest} more problems`)] };
}

function withoutPlace(file: string, message: string, hint?: string): Problem {
  return { file, line: undefined, column: undefined, path: '', message, hint };
}
