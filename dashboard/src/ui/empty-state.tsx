import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './class-names.ts';
import { CodeBlock } from './code-block.tsx';
import { withCodes } from './code-text.tsx';

export interface EmptyStateProps {
  icon: LucideIcon;
  title: ReactNode;
  children?: ReactNode;
  /** A command that would change it. */
  curl?: string;
  action?: ReactNode;
  className?: string;
}

/** Says why there is nothing here and what would bring something. */
export function EmptyState({ icon: Icon, title, children, curl, action, className }: EmptyStateProps) {
  return (
    <div
      className={cx(
        'mx-auto flex w-full min-w-0 max-w-2xl flex-col items-center gap-3 px-2 py-8 text-center',
        className,
      )}
    >
      <Icon aria-hidden="true" className="size-8 text-muted" />
      <p className="font-semibold">{withCodes(title)}</p>
      {children !== undefined && <div className="text-muted">{withCodes(children)}</div>}
      {curl !== undefined && (
        <CodeBlock code={curl} language={curl.split(' ', 1)[0] ?? ''} className="w-full text-left" />
      )}
      {action}
    </div>
  );
}
