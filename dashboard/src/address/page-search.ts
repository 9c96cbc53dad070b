import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

/** Search parameters are plain text; each page reads what it knows. */
export type Search = Readonly<Record<string, string | undefined>>;

/** The search parameters of the page, and a way to change some of them without a new entry in the history. */
export function usePageSearch(): [Search, (change: Search) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = useCallback(
    (next: Search) => {
      void navigate({ to: '.', search: (old: Search) => ({ ...old, ...next }), replace: true } as never);
    },
    [navigate],
  );
  return [search, change];
}
