import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from './class-names.ts';
import { IconButton } from './icon-button.tsx';

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons at the end, always in sight. */
  footer?: ReactNode;
  size?: 'sm' | 'md' | 'lg';
  /** What gets the focus first; the first thing that can take it when nothing is said. */
  initialFocus?: RefObject<HTMLElement | null>;
  className?: string;
}

const WIDTH = { sm: 'max-w-md', md: 'max-w-xl', lg: 'max-w-4xl' } as const;

/** A modal box in the middle. */
export function Dialog({ size = 'md', className, ...rest }: DialogProps) {
  return (
    <ModalSheet
      {...rest}
      viewport="grid place-items-center p-3"
      popup={cx(
        'max-h-[calc(100dvh-1.5rem)] rounded-lg transition-[opacity,scale] duration-150',
        'data-ending-style:scale-95 data-starting-style:scale-95 data-ending-style:opacity-0 data-starting-style:opacity-0',
        WIDTH[size],
        className,
      )}
    />
  );
}

export interface ModalSheetProps extends Omit<DialogProps, 'size' | 'className'> {
  viewport: string;
  popup: string;
}

/** What a dialog and a drawer share: focus trap, Escape, backdrop, a heading, a scrolling body and a footer. */
export function ModalSheet({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  initialFocus,
  viewport,
  popup,
}: ModalSheetProps) {
  const { t } = useTranslation('common');
  return (
    <BaseDialog.Root
      open={open}
      onOpenChange={(next, { event }) => {
        // Putting a toast away is no click beside the dialog.
        if (event.target instanceof Element && event.target.closest('[data-toasts]') !== null) return;
        onOpenChange(next);
      }}
    >
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="fixed inset-0 z-40 bg-page/70 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <BaseDialog.Viewport className={cx('fixed inset-0 z-50', viewport)}>
          <BaseDialog.Popup
            initialFocus={initialFocus}
            className={cx(
              'flex w-full flex-col border border-line bg-raised shadow-float outline-none',
              popup,
            )}
          >
            <header className="flex items-start justify-between gap-3 border-line border-b py-2 pr-2 pl-4">
              <div className="min-w-0 py-1.5">
                <BaseDialog.Title className="break-words font-semibold text-lg">{title}</BaseDialog.Title>
                {description !== undefined && (
                  <BaseDialog.Description className="mt-1 text-muted">{description}</BaseDialog.Description>
                )}
              </div>
              <BaseDialog.Close render={<IconButton icon={X} label={t('close')} />} />
            </header>
            <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
            {footer !== undefined && (
              <footer className="flex flex-wrap justify-end gap-2 border-line border-t p-3">{footer}</footer>
            )}
          </BaseDialog.Popup>
        </BaseDialog.Viewport>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
