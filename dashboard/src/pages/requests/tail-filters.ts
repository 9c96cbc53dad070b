import type { Search } from '../../address/page-search.ts';
import type { Query } from '../../api/client.ts';
import type { RequestRecord } from '../../api/types.ts';
import { maskClient, maskNumbers } from '../../clients/tax-id.ts';

export const OUTCOMES = [
  'success',
  'client_error',
  'upstream_error',
  'refused',
  'client_gone',
  'truncated',
] as const satisfies readonly RequestRecord['outcome'][];

export const CACHE_RESULTS = [
  'hit',
  'stale',
  'miss',
  'none',
] as const satisfies readonly RequestRecord['cache'][];

/** Which requests are shown; what is absent does not matter. The names are those of the API's parameters. */
export interface TailFilters {
  readonly route?: string | undefined;
  readonly upstream?: string | undefined;
  readonly client?: string | undefined;
  readonly outcome?: RequestRecord['outcome'] | undefined;
  /** `404`, or `4xx` for the class. */
  readonly status?: string | undefined;
  readonly code?: string | undefined;
  readonly cache?: RequestRecord['cache'] | undefined;
  readonly min_ms?: number | undefined;
  readonly method?: string | undefined;
  readonly text?: string | undefined;
}

export type FilterName = keyof TailFilters;

/** In the order in which they are shown. */
export const FILTER_NAMES = [
  'text',
  'route',
  'upstream',
  'client',
  'outcome',
  'status',
  'code',
  'cache',
  'min_ms',
  'method',
] as const satisfies readonly FilterName[];

const STATUS = /^[1-5](xx|\d\d)$/;
const MOST_MS = 86_400_000;

/** What the address says, as far as the API takes it: a wrong parameter is as if it were not there. */
export function filtersOf(search: Search): TailFilters {
  const filters: TailFilters = {
    text: lineOf(search.text, 300, maskNumbers),
    route: lineOf(search.route, 2_048),
    upstream: lineOf(search.upstream, 64),
    client: lineOf(search.client, 300, maskClient),
    outcome: OUTCOMES.find((one) => one === search.outcome),
    status: statusOf(search.status ?? ''),
    code: /^[a-z_]{1,64}$/.test(search.code ?? '') ? search.code : undefined,
    cache: CACHE_RESULTS.find((one) => one === search.cache),
    min_ms: minMsOf(search.min_ms ?? ''),
    method: lineOf(search.method, 32),
  };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

/** `4XX` → `4xx`; undefined for what is neither a status nor a class of them. */
export function statusOf(text: string): string | undefined {
  const status = text.trim().toLowerCase();
  return STATUS.test(status) ? status : undefined;
}

/** The parameters of the address: undefined takes one away. */
export function searchOf(filters: TailFilters): Record<FilterName, string | undefined> {
  const entries = FILTER_NAMES.map((name) => [name, filters[name]?.toString()] as const);
  return Object.fromEntries(entries) as Record<FilterName, string | undefined>;
}

/** The parameters of the API. */
export function queryOf(filters: TailFilters): Query {
  return { ...filters };
}

function lineOf(text: string | undefined, most: number, mask = maskNumbers): string | undefined {
  const line = mask(text?.trim() ?? '').slice(0, most);
  return line === '' ? undefined : line;
}

function minMsOf(text: string): number | undefined {
  const ms = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  return ms > 0 && ms <= MOST_MS ? ms : undefined;
}
