import type { Search } from '../../address/page-search.ts';
import type { RuleVerdict } from '../../api/types.ts';
import { maskClient, maskNumbers } from '../../clients/tax-id.ts';

/** What is asked of `POST /rules/test`, as the form holds it. */
export interface TestForm {
  readonly method: string;
  readonly path: string;
  readonly ip: string;
  /** Empty: the request names no client. */
  readonly client: string;
}

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export function testFormOf(search: Search): TestForm {
  const { method = 'GET', path = '', ip = '127.0.0.1', client = '' } = search;
  return {
    method: METHODS.find((one) => one === method.toUpperCase()) ?? 'GET',
    path: maskNumbers(path),
    ip,
    client: maskClient(client),
  };
}

/** Whether there is enough to ask. A hidden value in the address was put there by hand. */
export function isComplete({ path, ip, client }: TestForm): boolean {
  return path.startsWith('/') && ip.trim() !== '' && !path.includes('***') && !client.includes('***');
}

/** The body of the question. */
export function questionOf({ method, path, ip, client }: TestForm) {
  const clientId = client.trim();
  return { method, path: path.trim(), ip: ip.trim(), ...(clientId === '' ? {} : { client_id: clientId }) };
}

/** The parameters of the address; what looks like a tax id stays out of it. */
export function searchOfTest({ method, path, ip, client }: TestForm): Search {
  const shown = (text: string, mask: (text: string) => string) =>
    text === '' || mask(text) !== text ? undefined : text;
  return {
    method: method === 'GET' ? undefined : method,
    path: shown(path.trim(), maskNumbers),
    ip: shown(ip.trim(), maskClient),
    client: shown(client.trim(), maskClient),
  };
}

/** The verdict as one sentence: `access:verdict.<key>` and what stands in it. */
export interface VerdictSentence {
  readonly key:
    | 'denyList'
    | 'denied'
    | 'deniedOverLimit'
    | 'throttled'
    | 'passNoRule'
    | 'passCounted'
    | 'passAllowed';
  readonly tone: 'ok' | 'warn' | 'bad';
  readonly rule: string;
  readonly waitMs?: number;
  readonly left?: number;
  readonly most?: number;
}

export function sentenceOf(verdict: RuleVerdict): VerdictSentence {
  const { decision, deny_list: denied, winner, limit, retry_in_ms: waitMs } = verdict;
  if (denied !== null) {
    return { key: 'denyList', tone: 'bad', rule: denied.rule, ...(waitMs === null ? {} : { waitMs }) };
  }
  const rule = winner ?? '';
  if (decision === 'throttled') return { key: 'throttled', tone: 'warn', rule, waitMs: waitMs ?? 0 };
  if (decision === 'denied') {
    return waitMs === null
      ? { key: 'denied', tone: 'bad', rule }
      : { key: 'deniedOverLimit', tone: 'bad', rule, waitMs };
  }
  if (winner === null) return { key: 'passNoRule', tone: 'ok', rule };
  if (limit === null) return { key: 'passAllowed', tone: 'ok', rule };
  return { key: 'passCounted', tone: 'ok', rule, left: Math.floor(limit.remaining), most: limit.count };
}
