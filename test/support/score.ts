import { join } from 'node:path';
import { cpfAt } from '../../src/shared/cpf.ts';
import { ROOT } from './cli.ts';

/** The configuration that `npm start` uses. */
export const SHIPPED = join(ROOT, 'comporta.yaml');

/** Eleven digits whose check digits are wrong: the upstream answers 400. */
export const wrongCpf = (index: number): string => {
  const cpf = cpfAt(index);
  return cpf.slice(0, 10) + ((Number(cpf[10]) + 1) % 10);
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the bodies of answers are what the tests assert
  readonly json: any;
}

/** One call, its body read. */
export async function call(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
}

/** `GET /proxy/score` for a CPF. */
export function score(gatewayUrl: string, cpf: string, more = '', headers: Record<string, string> = {}) {
  return call(`${gatewayUrl}/proxy/score?cpf=${cpf}${more}`, { headers: { 'client-id': 'me', ...headers } });
}

/** `POST /api/proxy/data` with a JSON value. */
export function postData(gatewayUrl: string, value: unknown, headers: Record<string, string> = {}) {
  return call(`${gatewayUrl}/api/proxy/data`, {
    method: 'POST',
    body: JSON.stringify(value),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Resolves once `condition` holds; rejects after `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const lastAtMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > lastAtMs) throw new Error(`not true within ${withinMs} ms: ${condition}`);
    await Bun.sleep(5);
  }
}
