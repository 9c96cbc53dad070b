import type { AdminPorts } from '../ports.ts';
import { AdminProblem } from '../problems.ts';

/** Puts a change that is stored in force. Throws `ledger_unavailable`, saying so, when that has to wait. */
export async function applyRules({ rules }: AdminPorts): Promise<void> {
  try {
    await rules.apply();
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code !== 'ledger_unavailable') throw error;
    throw new AdminProblem('ledger_unavailable', {
      detail: 'The change is stored, and will be in force when the database answers again.',
      headers: { 'Retry-After': '5' },
      cause: error,
    });
  }
}
