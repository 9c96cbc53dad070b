import type { TFunction } from 'i18next';
import { translateMessage } from '../i18n/server-messages.ts';

/** One field of a request that was not valid. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
  /** Where the request or the file is text; both from 1. */
  readonly line?: number;
  readonly column?: number;
  /** The file, or the flag or variable that stands for it. */
  readonly file?: string;
}

/**
 * What came instead of an answer: a problem of the API (RFC 9457), or `unreachable` with status 0 when there was no
 * answer at all.
 */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly FieldProblem[] = [],
    readonly retryAfterSec: number | undefined = undefined,
    /** So many fields more were not valid than are told. */
    readonly errorsOmitted = 0,
  ) {
    super(`${code}: ${detail || title}`);
  }
}

/** Reads a problem document. An answer that is none is told by its status. */
export async function problemOf(response: Response): Promise<ApiError> {
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSec = Number.isFinite(wait) ? wait : undefined;
  try {
    const body = (await response.json()) as Record<string, unknown>;
    const text = (key: string): string => (typeof body[key] === 'string' ? body[key] : '');
    const errors = Array.isArray(body.errors) ? body.errors.flatMap(fieldProblem) : [];
    return new ApiError(
      response.status,
      text('code') || `http_${response.status}`,
      text('title'),
      text('detail'),
      errors,
      retryAfterSec,
      typeof body.errors_omitted === 'number' ? body.errors_omitted : 0,
    );
  } catch {
    return new ApiError(
      response.status,
      `http_${response.status}`,
      response.statusText,
      '',
      [],
      retryAfterSec,
    );
  }
}

function fieldProblem(entry: unknown): FieldProblem[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { field, message, line, column, file } = entry as Record<string, unknown>;
  if (typeof message !== 'string') return [];
  return [
    {
      field: typeof field === 'string' ? field : '',
      message,
      ...(typeof line === 'number' ? { line } : {}),
      ...(typeof column === 'number' ? { column } : {}),
      ...(typeof file === 'string' ? { file } : {}),
    },
  ];
}

/** Where it stands, as compilers write it: `comporta.yaml:4:5`, `4:5`; as much of it as is known. */
export function placeOf({ file, line, column }: FieldProblem): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** What a person is told of an error, in the language of the page. */
export interface ErrorText {
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
}

export function describeError(error: unknown, t: TFunction<'errors'>, language: string): ErrorText {
  if (!(error instanceof ApiError)) {
    return {
      title: t('defect.title'),
      detail: error instanceof Error ? error.message : String(error),
      errors: [],
    };
  }
  const known = error.code in TITLES ? (error.code as keyof typeof TITLES) : undefined;
  return {
    title: known === undefined ? error.title || t('other', { status: error.status }) : t(TITLES[known]),
    detail: translateMessage(error.detail, language),
    errors: error.errors.map((problem) => ({
      ...problem,
      message: translateMessage(problem.message, language),
    })),
  };
}

/** Titles by code; a test holds that every code of the admin API has one. */
export const TITLES = {
  unreachable: 'unreachable',
  invalid_request: 'invalid_request',
  invalid_config: 'invalid_config',
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  foreign_request: 'foreign_request',
  not_found: 'not_found',
  method_not_allowed: 'method_not_allowed',
  conflict: 'conflict',
  read_only: 'read_only',
  precondition_failed: 'precondition_failed',
  body_too_large: 'body_too_large',
  unsupported_media_type: 'unsupported_media_type',
  precondition_required: 'precondition_required',
  too_many_attempts: 'too_many_attempts',
  too_many_streams: 'too_many_streams',
  ledger_unavailable: 'ledger_unavailable',
  internal: 'internal',
} as const;
