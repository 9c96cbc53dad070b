/**
 * Every key and channel of Comporta in Redis is built here. What one script touches shares one hash tag, so that all
 * of it lies on one node of a Redis Cluster.
 */
export const DEFAULT_PREFIX = 'comporta';

/** The keys of one upstream's gate, in the order in which its scripts name them (gate/lua/state.lua). */
const GATE_KEYS = [
  'state',
  'queue',
  'tickets',
  'ids',
  'log',
  'grants',
  'unsent',
  'fair',
  'weights',
  'declared',
  'held',
  'next',
  'arrivals',
  'next_fair',
] as const;

/** `{prefix:gate:upstream}`: a brace in a name would end the tag early. */
export function gateTag(prefix: string, upstream: string): string {
  return `{${prefix}:gate:${upstream.replaceAll('%', '%25').replaceAll('{', '%7B').replaceAll('}', '%7D')}}`;
}

export function gateKeys(prefix: string, upstream: string): string[] {
  const tag = gateTag(prefix, upstream);
  return GATE_KEYS.map((name) => `${tag}:${name}`);
}

/** Where one node is told that it is its turn; the node's id follows. */
export const gateNodeChannel = (prefix: string): string => `${prefix}:gate:node:`;

/** Where every node is told that a gate has changed. */
export const gateFleetChannel = (prefix: string): string => `${prefix}:gate:all`;

/** Of one client under one limit; each client may lie on another node of a cluster. */
export const clientLimitKey = (prefix: string, limit: string, client: string): string =>
  `{${prefix}:limit:${tagged(`${limit}:${client}`)}}`;

/** What all nodes share besides gates: revisions, the deny list, counts of `eventual` rules, cache generations, wishes. */
export const sharedTag = (prefix: string): string => `{${prefix}:shared}`;

/** Hash: `epoch`, and how often each subject has changed. */
export const revisionsKey = (prefix: string): string => `${sharedTag(prefix)}:revisions`;

/** Begins the names of the hashes of counts: `:<generation's length>:<generation>` follows. */
export const countsKey = (prefix: string): string => `${sharedTag(prefix)}:counts`;

/** Zset client -> end, hash client -> rule, and the revisions. */
export const denialKeys = (prefix: string): string[] => [
  `${sharedTag(prefix)}:denied`,
  `${sharedTag(prefix)}:denied:rules`,
  revisionsKey(prefix),
];

/** Hash: route -> generation of its stored answers. */
export const generationsKey = (prefix: string): string => `${sharedTag(prefix)}:cache:generations`;

/** The stored answers of one cache key, by its digest. */
export const storedAnswersKey = (prefix: string, digest: string): string => `{${prefix}:cache:${digest}}`;

/** The call that one node makes for all, by the digest of what makes reads identical. */
export const flightKey = (prefix: string, digest: string): string => `{${prefix}:flight:${digest}}`;

/** Where nodes tell each other: of changed subjects, denials, clients over a limit, dropped answers, flights. */
export const sharedChannel = (
  prefix: string,
  topic: 'revisions' | 'denials' | 'over' | 'dropped' | 'flights' | 'wishes',
): string => `${prefix}:${topic}`;

/** Who is a node of the fleet, in the order in which its scripts name them (fleet/beat.lua). */
export function nodeKeys(prefix: string): string[] {
  return ['nodes', 'facts', 'states', 'seconds'].map((name) => `{${prefix}:fleet}:${name}`);
}

/** Hash: upstream -> what holds for it on every node, though each calls it without asking. */
export const wishesKey = (prefix: string): string => `${sharedTag(prefix)}:wishes`;

/** Which node does what only one may do at a time. */
export const leaseKey = (prefix: string, task: string): string => `{${prefix}:fleet}:lease:${tagged(task)}`;

const tagged = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('{', '%7B').replaceAll('}', '%7D');

/** Where it is tried whether Redis takes what is asked of it, on the node of the key `beside` in a cluster. */
export const checkKey = (prefix: string, beside?: string): string =>
  `${/\{[^}]+\}/.exec(beside ?? '')?.[0] ?? `{${prefix}:check}`}:check`;

/** Nobody listens to it. */
export const checkChannel = (prefix: string): string => `${prefix}:check`;
