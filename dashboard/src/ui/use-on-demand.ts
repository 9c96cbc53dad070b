import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { showToast } from './toaster.tsx';

/**
 * Something that the first screen does not need, and a function that loads it. Undefined until then; when it cannot be
 * loaded, that is told, and the next try may succeed.
 */
export function useOnDemand<Part>(load: () => Promise<Part>): [part: Part | undefined, want: () => void] {
  const { t } = useTranslation('common');
  const [part, setPart] = useState<Part>();
  const want = useCallback(() => {
    load().then(
      // The part may be a function, which `setPart` would call.
      (loaded) => setPart(() => loaded),
      () => showToast({ tone: 'bad', title: t('crash.outdatedTitle'), detail: t('crash.outdated') }),
    );
  }, [load, t]);
  return [part, want];
}
