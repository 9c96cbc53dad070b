/** The way to a value in the configuration file: keys and list positions. */
export type Path = readonly (string | number)[];

/** Where something stands in a file; lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with the configuration, or, as a warning, that the operator should know. */
export interface Problem {
  /** The file as it was named, or the flag (`--listen`) that the value came from. */
  readonly file: string;
  /** Undefined where no line can be named: a missing file, a flag. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Such as `upstreams.score.limits[0]`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | undefined;
}

/** `upstreams.score.limits[0]`; keys that are not plain names are quoted: `params["a b"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[A-Za-z0-9_-]+$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** `comporta.yaml:12:5 upstreams.score.limits[0]: expected a rate such as "1 per 1s", got nothing`. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, message, hint } = problem;
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}${path === '' ? '' : ` ${path}`}: ${message}${hint === undefined ? '' : `; ${hint}`}`;
}

/** By line and column; what has no line comes first. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
  );
}
