import type { UsageDimension } from '../../api/types.ts';

/** What usage is counted by, in the order in which it is offered. */
export const DIMENSIONS = [
  'route',
  'client',
  'path',
  'upstream',
  'status',
  'outcome',
  'method',
  'cache',
] as const satisfies readonly UsageDimension[];

/** Groups and filters of one question must all be from one of these (docs/reference/usage.md). */
const KEPT_TOGETHER: readonly (readonly UsageDimension[])[] = [
  ['route', 'upstream', 'method', 'status', 'outcome', 'cache'],
  ['route', 'upstream', 'client', 'path'],
];

export function areKeptTogether(dimensions: Iterable<UsageDimension>): boolean {
  const wanted = [...dimensions];
  return KEPT_TOGETHER.some((set) => wanted.every((dimension) => set.includes(dimension)));
}

/** Those that can be asked for beside the ones that are taken already. */
export function choicesBeside(taken: readonly UsageDimension[]): readonly UsageDimension[] {
  return DIMENSIONS.filter((dimension) => areKeptTogether([...taken, dimension]));
}

export function isDimension(text: string): text is UsageDimension {
  return (DIMENSIONS as readonly string[]).includes(text);
}

/** Values of the dimensions that have only a few; the others take any text. */
export const VALUES = {
  status: ['2xx', '3xx', '4xx', '5xx', '1xx', 'none'],
  outcome: ['success', 'client_error', 'upstream_error', 'refused', 'client_gone', 'truncated'],
  cache: ['hit', 'stale', 'miss', 'none'],
  method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'OTHER'],
} as const satisfies Partial<Record<UsageDimension, readonly string[]>>;

export function valuesOf(dimension: UsageDimension): readonly string[] | undefined {
  return (VALUES as Partial<Record<UsageDimension, readonly string[]>>)[dimension];
}

/** The name under which the gateway counts what is beyond its bound of names. */
export const OTHER = 'other';
