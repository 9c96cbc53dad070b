import { Menu as BaseMenu } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import { cx } from './class-names.ts';
import type { MenuItem, MenuProps } from './menu.tsx';

/** The button with its menu, which is open at first: it was asked for. */
export function MenuPopup({ trigger, items, align = 'end' }: MenuProps) {
  return (
    <BaseMenu.Root modal={false} defaultOpen>
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
