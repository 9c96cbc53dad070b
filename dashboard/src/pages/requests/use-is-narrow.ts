import { useEffect, useState } from 'react';

/** Whether the page is too narrow for ten columns beside the menu. */
export function useIsNarrow(): boolean {
  const [query] = useState(() => matchMedia('(max-width: 1199px)'));
  const [isNarrow, setIsNarrow] = useState(query.matches);
  useEffect(() => {
    const look = () => setIsNarrow(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, [query]);
  return isNarrow;
}
