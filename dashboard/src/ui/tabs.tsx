import { Tabs as BaseTabs } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import { useFormat } from '../i18n/format.ts';
import { cx } from './class-names.ts';

export interface Tab {
  id: string;
  label: string;
  count?: number;
}

export interface TabsProps {
  value: string;
  onChange: (id: string) => void;
  tabs: readonly Tab[];
  /** The name of the row of tabs. */
  label?: string;
  /** What the chosen tab shows. */
  children: ReactNode;
  className?: string;
}

/** One of several views at the same place; arrow keys move along the tabs. */
export function Tabs({ value, onChange, tabs, label, children, className }: TabsProps) {
  const { number } = useFormat();
  return (
    <BaseTabs.Root
      value={value}
      onValueChange={(next: unknown) => onChange(String(next))}
      className={className}
    >
      <BaseTabs.List
        aria-label={label}
        activateOnFocus
        className="flex gap-1 overflow-x-auto overflow-y-hidden border-line border-b"
      >
        {tabs.map((tab) => (
          <BaseTabs.Tab
            key={tab.id}
            value={tab.id}
            className={cx(
              'flex min-h-10 items-center gap-2 whitespace-nowrap rounded-t-md border-transparent border-b-2 px-3 text-muted -outline-offset-2 hover:text-text',
              'data-active:border-accent data-active:font-medium data-active:text-text',
            )}
          >
            {tab.label}
            {tab.count !== undefined && (
              <span className="live-number rounded-full bg-sunken px-1.5 text-muted text-xs">
                {number(tab.count)}
              </span>
            )}
          </BaseTabs.Tab>
        ))}
      </BaseTabs.List>
      <BaseTabs.Panel value={value} className="pt-4">
        {children}
      </BaseTabs.Panel>
    </BaseTabs.Root>
  );
}
