import { Menu as BaseMenu } from '@base-ui/react/menu';
import { Check, type LucideIcon } from 'lucide-react';
import type { ReactElement } from 'react';
import { cx } from './class-names.ts';

export interface MenuItem {
  id: string;
  label: string;
  icon?: LucideIcon;
  onSelect: () => void;
  tone?: 'bad';
  disabled?: boolean;
  /** One of several choices, of which one holds: whether it is this one. */
  checked?: boolean;
}

export interface MenuProps {
  /** The button that opens it. */
  trigger: ReactElement<Record<string, unknown>>;
  items: readonly (MenuItem | 'separator')[];
  align?: 'start' | 'end';
}

/** Actions behind one button. */
export function Menu({ trigger, items, align = 'end' }: MenuProps) {
  return (
    <BaseMenu.Root modal={false}>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner align={align} sideOffset={4} className="z-[60]">
          <BaseMenu.Popup className="min-w-44 max-w-80 rounded-md border border-line bg-raised p-1 shadow-float outline-none">
            {items.map((item, index) =>
              item === 'separator' ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: a separator is nothing but its place
                <BaseMenu.Separator key={`separator ${index}`} className="my-1 border-line border-t" />
              ) : (
                <MenuRow key={item.id} item={item} />
              ),
            )}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

function MenuRow({ item: { label, icon: Icon, onSelect, tone, disabled, checked } }: { item: MenuItem }) {
  return (
    <BaseMenu.Item
      onClick={onSelect}
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      disabled={disabled}
      className={cx(
        'flex min-h-9 cursor-pointer select-none items-center gap-2 rounded px-2 py-1 outline-none',
        'data-disabled:cursor-not-allowed data-highlighted:bg-accent-soft data-disabled:opacity-50',
        tone === 'bad' && 'text-bad',
      )}
    >
      {Icon !== undefined && <Icon aria-hidden="true" className="size-4 shrink-0" />}
      <span className="flex-1">{label}</span>
      {checked === true && <Check aria-hidden="true" className="size-4 shrink-0" />}
    </BaseMenu.Item>
  );
}
