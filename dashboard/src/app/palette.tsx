import { useEffect, useState } from 'react';
import { useOnDemand } from '../ui/use-on-demand.ts';

const OPEN = 'comporta:palette';

const load = () => import('./command-palette.tsx').then(({ CommandPalette }) => CommandPalette);

/** Opens the palette, from wherever. */
export function openPalette(): void {
  window.dispatchEvent(new Event(OPEN));
}

/** ⌘K or Ctrl+K, and `openPalette`. The palette is loaded when it is first asked for, and empty each time it opens. */
export function Palette() {
  const [CommandPalette, want] = useOnDemand(load);
  const [isOpen, setOpen] = useState(false);
  const [openings, setOpenings] = useState(0);

  useEffect(() => {
    const show = () => {
      want();
      setOpenings((before) => before + 1);
      setOpen(true);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      show();
    };
    window.addEventListener('keydown', onKey);
    window.addEventListener(OPEN, show);
    return () => {
      window.removeEventListener('keydown', onKey);
      window.removeEventListener(OPEN, show);
    };
  }, [want]);

  return CommandPalette === undefined ? null : (
    <CommandPalette key={openings} open={isOpen} onOpenChange={setOpen} />
  );
}
