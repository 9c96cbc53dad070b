import type { Problem } from '../../config/problem.ts';

interface AdminErrorDefinition {
  readonly status: number;
  /** RFC 9457 `title`: the same for every occurrence. */
  readonly title: string;
  /** When it happens, and what to do; the OpenAPI document says it. */
  readonly meaning: string;
}

/**
 * Every error of the admin API, by its stable code. The data plane has a table of its own (shared/errors.ts), which
 * is a promise to other people’s clients; codes that both have mean the same.
 */
export const adminErrorTable = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    meaning: 'A parameter, a field or the body is not valid. `errors` names each one and the accepted form.',
  },
  invalid_config: {
    status: 400,
    title: 'The configuration is not valid',
    meaning:
      'The file was not taken over; the old configuration is still in force. `errors` has line and column.',
  },
  unauthorized: {
    status: 401,
    title: 'A valid token is required',
    meaning: 'Send `Authorization: Bearer <token>` with `admin.token` or `admin.viewer_token`.',
  },
  forbidden: {
    status: 403,
    title: 'The token may not do this',
    meaning: 'A viewer may only look. Changes need the operator’s token.',
  },
  foreign_request: {
    status: 403,
    title: 'The request comes from elsewhere',
    meaning:
      'The `Host` is not this server, or a page of another site sent the request (`Origin`, `Sec-Fetch-Site`).',
  },
  not_found: {
    status: 404,
    title: 'There is no such thing',
    meaning: 'The path, or what it names, does not exist. `detail` says which.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The resource does not take this method',
    meaning: 'The `Allow` header lists the methods that it takes.',
  },
  conflict: {
    status: 409,
    title: 'The change conflicts with what is there',
    meaning:
      'The id is taken, the upstream is not of the kind that the change needs, or as much of its kind runs as may. `detail` says which.',
  },
  read_only: {
    status: 409,
    title: 'The rule cannot be changed here',
    meaning: 'The rule stands in the configuration file. Change it there, and reload.',
  },
  precondition_failed: {
    status: 412,
    title: 'Somebody else was faster',
    meaning: 'The rule has changed since its `ETag` was read. Read it again, and repeat the change on that.',
  },
  body_too_large: {
    status: 413,
    title: 'The request body is too large',
    meaning: 'Send less at a time.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is of a type that is not taken',
    meaning: 'Send one of the media types that the operation lists, in UTF-8 and without content encoding.',
  },
  precondition_required: {
    status: 428,
    title: 'The change needs `If-Match`',
    meaning: 'Read the rule, and send its `ETag` as `If-Match`: two operators must not overwrite each other.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many wrong tokens',
    meaning: 'This address sent too many wrong tokens. Wait `Retry-After` seconds.',
  },
  too_many_streams: {
    status: 503,
    title: 'As many listen as may',
    meaning:
      'The live stream has as many listeners as it may have. Close a dashboard, or wait `Retry-After` seconds.',
  },
  internal: {
    status: 500,
    title: 'The gateway failed',
    meaning: 'A defect in Comporta. The log has the request id and the cause; please report it.',
  },
  ledger_unavailable: {
    status: 503,
    title: 'The ledger is unavailable',
    meaning:
      'The database of rules, audit log and usage cannot be reached. Unless `detail` says otherwise nothing was changed; try again.',
  },
} as const satisfies Record<string, AdminErrorDefinition>;

export type AdminErrorCode = keyof typeof adminErrorTable;

/** What is wrong in one place of the request. */
export interface FieldError {
  /** Such as `limits[0]`; empty for the whole. */
  readonly field: string;
  readonly message: string;
  /** Position of a rule in an import, from 0. */
  readonly index?: number;
  /** From 1, where the body or file is text. */
  readonly line?: number;
  readonly column?: number;
  readonly file?: string;
}

/** More than anybody reads; the rest is counted. */
const MOST_ERRORS = 1_000;

interface ProblemFacts {
  /** Never a secret: it goes to the client. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** For the log only. */
  readonly cause?: unknown;
}

/** An error on its way to the client of the admin API. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem';
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: AdminErrorCode,
    facts: ProblemFacts,
  ) {
    super(facts.detail, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.errors = facts.errors;
    this.headers = facts.headers ?? {};
  }

  toResponse(requestId: string): Response {
    const { status, title } = adminErrorTable[this.code];
    const omitted = (this.errors?.length ?? 0) - MOST_ERRORS;
    const body = {
      type: `urn:comporta:error:${this.code}`,
      title,
      status,
      detail: this.message,
      code: this.code,
      request_id: requestId,
      ...(this.errors === undefined ? {} : { errors: this.errors.slice(0, MOST_ERRORS) }),
      ...(omitted > 0 ? { errors_omitted: omitted } : {}),
    };
    const headers = { ...this.headers, 'Content-Type': 'application/problem+json' };
    return new Response(JSON.stringify(body), { status, headers });
  }
}

/** 400 with one entry for each wrong place; `detail` tells the first. */
export function invalid(errors: readonly FieldError[]): AdminProblem {
  return new AdminProblem('invalid_request', { detail: firstOf(errors), errors });
}

/** 400 with the places in the configuration file that are wrong. */
export function invalidConfig(problems: readonly Problem[]): AdminProblem {
  const errors = problems.map(({ file, line, column, path, message, hint }): FieldError => {
    const place = line === undefined ? {} : { line, ...(column === undefined ? {} : { column }) };
    return { field: path, message: hint === undefined ? message : `${message}; ${hint}`, file, ...place };
  });
  return new AdminProblem('invalid_config', { detail: firstOf(errors), errors });
}

export function notFound(what: string): AdminProblem {
  return new AdminProblem('not_found', { detail: `There is no ${what}.` });
}

function firstOf(errors: readonly FieldError[]): string {
  const [first] = errors;
  if (first === undefined) return 'The request is not valid.';
  const where = [
    first.index === undefined ? '' : `rule ${first.index}`,
    first.line === undefined
      ? ''
      : `line ${first.line}${first.column === undefined ? '' : `:${first.column}`}`,
    first.field === '' ? '' : `\`${first.field}\``,
  ].filter((part) => part !== '');
  const told = where.length === 0 ? first.message : `${where.join(', ')}: ${first.message}`;
  const rest = errors.length - 1;
  return rest === 0 ? told : `${told} (and ${rest} more)`;
}
