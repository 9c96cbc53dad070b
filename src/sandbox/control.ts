import type { IncomingMessage } from 'node:http';
import { type Answer, methodNotAllowed, notFound } from './answers.ts';
import { checkFaults, type FaultInjector } from './faults.ts';
import { readBody } from './read-body.ts';
import type { ReportQuery, SandboxReport } from './report.ts';

/** What `/sandbox/*` shows and changes. */
export interface ControlTarget {
  readonly faults: FaultInjector;
  report(query: ReportQuery): SandboxReport;
  reset(): void;
}

/** Answers a call to `/sandbox/*`, which is neither judged, counted nor subject to faults. */
export async function controlAnswer(
  target: ControlTarget,
  request: IncomingMessage,
  path: string,
  search: string,
): Promise<Answer> {
  if (path === '/sandbox/report') {
    if (request.method === 'GET') return reportAnswer(target, search);
    if (request.method !== 'DELETE') return methodNotAllowed('GET, DELETE');
    target.reset();
    return { status: 204 };
  }
  if (path !== '/sandbox/faults') return notFound;
  switch (request.method) {
    case 'GET':
      return { status: 200, body: target.faults.current };
    case 'DELETE':
      target.faults.set({});
      return { status: 204 };
    case 'PUT':
      return putFaults(target.faults, request);
    default:
      return methodNotAllowed('GET, PUT, DELETE');
  }
}

function reportAnswer(target: ControlTarget, search: string): Answer {
  const query = new URLSearchParams(search);
  const since = query.get('since');
  const sinceMs = since === null ? undefined : Number(since);
  if (since?.trim() === '' || (sinceMs !== undefined && !(sinceMs >= 0))) {
    return { status: 400, body: { error: 'invalid_since', message: 'since must be ms, 0 or more.' } };
  }
  const arrivals = query.get('arrivals') ?? 'true';
  if (arrivals !== 'true' && arrivals !== 'false') {
    return { status: 400, body: { error: 'invalid_arrivals', message: 'arrivals must be true or false.' } };
  }
  return { status: 200, body: target.report({ sinceMs, arrivals: arrivals === 'true' }) };
}

async function putFaults(faults: FaultInjector, request: IncomingMessage): Promise<Answer> {
  const body = await readBody(request);
  const check =
    body.kind === 'json'
      ? checkFaults(body.value)
      : { ok: false as const, field: 'body', message: 'body: must be JSON of at most 1 MiB' };
  if (!check.ok) {
    return { status: 400, body: { error: 'invalid_faults', field: check.field, message: check.message } };
  }
  faults.set(check.faults);
  return { status: 200, body: faults.current };
}
