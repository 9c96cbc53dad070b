import { ApiError, type FieldProblem } from '../../api/problem.ts';
import type { ConfigReload } from '../../api/types.ts';

/** What came of reading the file again. */
export type ReloadOutcome =
  | ({ readonly kind: 'read' } & ConfigReload)
  /** Nothing was taken over. */
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[]; readonly omitted: number };

/** A file that was refused, with the place of every problem; undefined when it is another error. */
export function refusalOf(error: unknown): Extract<ReloadOutcome, { kind: 'refused' }> | undefined {
  if (!(error instanceof ApiError) || error.code !== 'invalid_config') return undefined;
  return { kind: 'refused', problems: error.errors, omitted: error.errorsOmitted };
}
