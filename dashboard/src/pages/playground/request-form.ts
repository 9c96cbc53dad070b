import type { RouteView } from '../../api/types.ts';
import { inputParams, isWildcard, takesBody } from '../../calls/route-choice.ts';

export interface HeaderRow {
  /** Tells rows apart while they are edited. */
  readonly id: number;
  readonly name: string;
  readonly value: string;
}

/** What a person says of one request; the route and its method stand in the address of the page. */
export interface RequestForm {
  /** What the `*` of the path stands for. */
  readonly rest: string;
  /** By name; those of other routes stay for when they are chosen again. */
  readonly params: Readonly<Record<string, string>>;
  readonly client: string;
  /** Empty: nothing is said, and the route's own urgency holds. */
  readonly priority: string;
  readonly body: string;
  readonly headers: readonly HeaderRow[];
}

export const EMPTY_FORM: RequestForm = {
  rest: '',
  params: {},
  client: 'playground',
  priority: '',
  body: '{}',
  headers: [],
};

/** As `POST /playground` takes it. */
export interface PlaygroundRequest {
  readonly route: string;
  readonly method: string;
  readonly path?: string;
  readonly params: Readonly<Record<string, string>>;
  readonly client?: string;
  readonly priority?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Empty fields are not sent: an optional parameter that is empty is another request than one that is absent. */
export function playgroundRequest(route: RouteView, method: string, form: RequestForm): PlaygroundRequest {
  const params: Record<string, string> = {};
  for (const { name } of inputParams(route)) {
    const value = form.params[name]?.trim() ?? '';
    if (value !== '') params[name] = value;
  }
  const headers: Record<string, string> = {};
  for (const { name, value } of form.headers) if (name.trim() !== '') headers[name.trim()] = value;
  const client = form.client.trim();
  return {
    route: route.path,
    method,
    params,
    headers,
    ...(isWildcard(route) ? { path: form.rest.trim().replace(/^\/+/, '') } : {}),
    ...(client === '' ? {} : { client }),
    ...(form.priority === '' ? {} : { priority: Number(form.priority) }),
    ...(takesBody(route, method) && form.body.trim() !== '' ? { body: form.body } : {}),
  };
}
