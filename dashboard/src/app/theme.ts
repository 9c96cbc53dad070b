import { useSyncExternalStore } from 'react';
import { preference } from './preference.ts';

export const THEMES = ['system', 'light', 'dark'] as const;

export type Theme = (typeof THEMES)[number];

const chosen = preference('theme', THEMES);
const dark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let theme: Theme = chosen.get() ?? 'system';

/** Puts the theme on the root element, and follows the system while that is the choice. */
export function startTheme(): void {
  apply();
  dark.addEventListener('change', apply);
}

export function switchTheme(next: Theme): void {
  theme = next;
  chosen.set(next);
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => theme,
  );
}

function apply(): void {
  document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
  for (const listener of listeners) listener();
}
