import { cx } from './class-names.ts';

export interface SkeletonProps {
  /** Lines of text that will come; 1 when nothing is said. */
  lines?: number;
  className?: string;
}

/** Keeps the room of what is being loaded. It says nothing: name the loading once, beside it. */
export function Skeleton({ lines = 1, className }: SkeletonProps) {
  return (
    <div aria-hidden="true" data-testid="skeleton" className="flex w-full flex-col gap-2">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <div key={line} className={cx('h-4 w-full animate-pulse rounded bg-line', className)} />
      ))}
    </div>
  );
}
