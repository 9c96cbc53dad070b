import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import { cx } from './class-names.ts';

export interface VirtualListProps {
  count: number;
  /** Pixels; all rows are as high as this. */
  rowHeight: number;
  /** Pixels, or a CSS height such as `60dvh`. */
  height: number | string;
  renderRow: (index: number) => ReactNode;
  ariaLabel: string;
  /** The rows in sight, so that their pages can be loaded; both ends are included. */
  onRange?: (first: number, last: number) => void;
  className?: string;
}

/** A list of any length: only the rows in sight are in the document. */
export function VirtualList(props: VirtualListProps) {
  const { count, rowHeight, height, renderRow, ariaLabel, onRange, className } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  useEffect(() => {
    if (rowHeight > 0) virtualizer.measure();
  }, [rowHeight, virtualizer]);
  const rows = virtualizer.getVirtualItems();
  const first = rows[0]?.index;
  const last = rows.at(-1)?.index;
  useEffect(() => {
    if (first !== undefined && last !== undefined) onRange?.(first, last);
  }, [first, last, onRange]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group that scrolls is no fieldset, and a region would be one landmark more
    <div
      role="group"
      ref={scroller}
      aria-label={ariaLabel}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
      tabIndex={0}
      style={{ height }}
      className={cx('relative min-w-0 overflow-auto overscroll-contain -outline-offset-2', className)}
    >
      <ul aria-label={ariaLabel} className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
        {rows.map((row) => (
          <li
            key={row.key}
            aria-setsize={count}
            aria-posinset={row.index + 1}
            className="absolute inset-x-0 top-0"
            style={{ height: rowHeight, transform: `translateY(${row.start}px)` }}
          >
            {renderRow(row.index)}
          </li>
        ))}
      </ul>
    </div>
  );
}
