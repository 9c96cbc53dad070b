import { Tooltip as BaseTooltip } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';

export interface TooltipProps {
  label: string;
  /** One element that can take the focus. */
  children: ReactElement<Record<string, unknown>>;
}

/** A few words on hover and focus; the same words describe the element to a screen reader. */
export function Tooltip({ label, children }: TooltipProps) {
  return (
    <BaseTooltip.Root>
      <BaseTooltip.Trigger render={children} delay={300} aria-description={label} />
      <BaseTooltip.Portal>
        <BaseTooltip.Positioner sideOffset={6} className="z-[60]">
          <BaseTooltip.Popup className="max-w-xs rounded-md border border-line bg-raised px-2 py-1 text-sm text-text shadow-float">
            {label}
          </BaseTooltip.Popup>
        </BaseTooltip.Positioner>
      </BaseTooltip.Portal>
    </BaseTooltip.Root>
  );
}
