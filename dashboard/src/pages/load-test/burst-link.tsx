import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** To a burst on this page; what else is set stays. */
export function BurstLink({ id, children }: { id: string; children: ReactNode }) {
  return (
    <Link
      to="/load-test"
      search={(old) => ({ ...old, burst: id })}
      className="inline-block min-h-6 text-accent underline underline-offset-2"
    >
      {children}
    </Link>
  );
}
