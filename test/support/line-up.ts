import { cpfAt } from '../../src/shared/cpf.ts';
import { adminOf } from './admin.ts';
import { score, until } from './score.ts';
import type { Started } from './started.ts';

/**
 * Calls the score route `count` times at once, each with a CPF of its own (`cpfAt(from)` …), and resolves when the
 * queue, empty before, holds all but the first of them. `ended` resolves to their statuses.
 */
export async function lineUp(
  gateway: Started,
  count: number,
  { from = 0, more = '', token }: { from?: number; more?: string; token?: string } = {},
): Promise<{ readonly ended: Promise<readonly number[]> }> {
  const admin = adminOf(gateway.adminUrl, token === undefined ? {} : { authorization: `Bearer ${token}` });
  const waitingNow = async () => (await admin.get('/upstreams/score')).json.status.waiting as number;
  const calls = Array.from({ length: count }, (_, index) => score(gateway.url, cpfAt(from + index), more));
  const ended = Promise.all(calls.map(async (one) => (await one).status));
  // A failed call shows when the statuses are awaited.
  ended.catch(() => undefined);
  await until(async () => (await waitingNow()) >= count - 1);
  return { ended };
}
