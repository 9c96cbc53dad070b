/** What came of reading the file again. */
export type ReloadOutcome =
  | {
      readonly kind: 'read';
      /** Paths of values that changed and are in force. */
      readonly applied: readonly string[];
      /** Paths of values that changed and need a restart. */
      readonly restart: readonly string[];
      readonly warnings: readonly string[];
    }
  /** Nothing was taken over. */
  | { readonly kind: 'refused'; readonly problems: readonly FileProblem[]; readonly omitted: number };

export interface FileProblem {
  /** `comporta.yaml:4:5`; as much of it as is known. */
  readonly place: string;
  /** Path of the value; empty for the whole file. */
  readonly field: string;
  /** What is wrong, and after `; ` what to do. */
  readonly message: string;
}

/** Reads the problem document of a file that was refused (`invalid_config`); undefined when it is another one. */
export function refusalOf(body: unknown): Extract<ReloadOutcome, { kind: 'refused' }> | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { code, errors, errors_omitted: omitted } = body as Record<string, unknown>;
  if (code !== 'invalid_config' || !Array.isArray(errors)) return undefined;
  return {
    kind: 'refused',
    problems: errors.flatMap(problemOf),
    omitted: typeof omitted === 'number' ? omitted : 0,
  };
}

function problemOf(error: unknown): FileProblem[] {
  if (typeof error !== 'object' || error === null) return [];
  const { file, line, column, field, message } = error as Record<string, unknown>;
  if (typeof message !== 'string') return [];
  const place = [file, line, column].filter((part) => typeof part === 'string' || typeof part === 'number');
  return [{ place: place.join(':'), field: typeof field === 'string' ? field : '', message }];
}
