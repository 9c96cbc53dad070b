import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

export interface PageProps {
  title: ReactNode;
  subtitle?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** The frame of a page: its `h1`, what can be done with the whole page, and a column of content. */
export function Page({ title, subtitle, actions, children, className }: PageProps) {
  return (
    <div className={cx('mx-auto flex w-full max-w-7xl flex-col gap-4 p-3 sm:p-4 lg:p-6', className)}>
      <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="break-words font-semibold text-2xl">{title}</h1>
          {subtitle !== undefined && <p className="mt-1 max-w-3xl text-muted">{subtitle}</p>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
