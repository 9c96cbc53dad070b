import { useEffect, useState } from 'react';

/** Whether the window is as a media query says, such as `(max-width: 767px)`. The query must not change. */
export function useMedia(query: string): boolean {
  const [list] = useState(() => matchMedia(query));
  const [matches, setMatches] = useState(list.matches);
  useEffect(() => {
    const look = () => setMatches(list.matches);
    list.addEventListener('change', look);
    return () => list.removeEventListener('change', look);
  }, [list]);
  return matches;
}
