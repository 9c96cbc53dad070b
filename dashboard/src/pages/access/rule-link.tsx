import { Link } from '@tanstack/react-router';
import { maskNumbers } from '../../clients/tax-id.ts';

/** Opens a rule beside the list of all. */
export function RuleLink({ id }: { id: string }) {
  return (
    <Link
      to="/access"
      search={{ tab: 'rules', rule: id }}
      className="break-all font-mono text-accent text-sm underline-offset-2 hover:underline"
    >
      {maskNumbers(id)}
    </Link>
  );
}
