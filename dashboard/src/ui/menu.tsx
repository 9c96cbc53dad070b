import type { LucideIcon } from 'lucide-react';
import { cloneElement, type KeyboardEvent, type ReactElement } from 'react';
import { useOnDemand } from './use-on-demand.ts';

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

const load = () => import('./menu-popup.tsx').then(({ MenuPopup }) => MenuPopup);

/** Actions behind one button. What opens is loaded when it is first asked for. */
export function Menu(props: MenuProps) {
  const { trigger } = props;
  const [Popup, want] = useOnDemand(load);
  if (Popup !== undefined) return <Popup {...props} />;
  return cloneElement(trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    // Pointing at it is not asking for it yet: a failure is told at the click.
    onPointerEnter: () => void load().catch(() => undefined),
    onClick: want,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      event.preventDefault();
      want();
    },
  });
}
