import { useSyncExternalStore } from 'react';

/** A canvas cannot use CSS variables: it is painted again when the theme changes. One observer serves all charts. */
const listeners = new Set<() => void>();
let version = 0;
let observer: MutationObserver | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  observer ??= new MutationObserver(() => {
    version += 1;
    for (const told of listeners) told();
  });
  if (listeners.size === 1) {
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) observer?.disconnect();
  };
}

/** Another number after each change of the theme. */
export function useThemeVersion(): number {
  return useSyncExternalStore(subscribe, () => version);
}

/** The value of a colour of the theme, such as `--chart-sends`. */
export function themeColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
