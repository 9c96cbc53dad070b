import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

export interface KeyValueItem {
  label: string;
  value: ReactNode;
}

export interface KeyValueProps {
  items: readonly KeyValueItem[];
  className?: string;
}

/** Names and their values, one pair a line; stacked where the room is narrow. */
export function KeyValue({ items, className }: KeyValueProps) {
  return (
    <dl className={cx('divide-y divide-line', className)}>
      {items.map(({ label, value }) => (
        <div key={label} className="flex flex-wrap justify-between gap-x-4 gap-y-0.5 py-1.5">
          <dt className="text-muted">{label}</dt>
          <dd className="min-w-0 break-words ml-auto text-right">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
