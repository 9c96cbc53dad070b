import { type RefObject, useEffect, useState } from 'react';

/** Whether any of the element is in sight. */
export function useOnScreen(element: RefObject<Element | null>): boolean {
  const [isShown, setIsShown] = useState(true);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver((entries) =>
      setIsShown(entries.at(-1)?.isIntersecting ?? true),
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return isShown;
}
