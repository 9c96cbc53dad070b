import { X } from 'lucide-react';
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { cx } from './class-names.ts';
import { withCodes } from './code-text.tsx';
import { IconButton } from './icon-button.tsx';
import { TONE_BORDER, TONE_ICON, TONE_TEXT, type Tone } from './tone.ts';

export interface ToastMessage {
  tone: Tone;
  title: string;
  detail?: ReactNode;
}

interface Toast extends ToastMessage {
  readonly id: number;
}

/** More would cover the page: the oldest goes. */
const MOST_TOASTS = 4;
const SHOWN_FOR_MS = 6_000;
/** A failure is read more slowly. */
const BAD_SHOWN_FOR_MS = 12_000;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function replace(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Tells something in passing, from anywhere. */
export function showToast(message: ToastMessage): void {
  lastId += 1;
  replace([...toasts, { ...message, id: lastId }].slice(-MOST_TOASTS));
}

function dismiss(id: number): void {
  replace(toasts.filter((toast) => toast.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Gives the function that tells something in passing; it never changes. */
export function useToast(): (message: ToastMessage) => void {
  return showToast;
}

/** Where the toasts stand: once in the application, at its end. */
export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return createPortal(
    // The region is there before its first message, otherwise the first one is not announced.
    <div
      aria-live="polite"
      data-toasts=""
      className="pointer-events-none fixed inset-x-3 bottom-3 z-[70] flex flex-col items-start gap-2 sm:right-auto sm:w-96"
    >
      {shown.map((toast) => (
        <ToastRow key={toast.id} toast={toast} />
      ))}
    </div>,
    document.body,
  );
}

function ToastRow({ toast: { id, tone, title, detail } }: { toast: Toast }) {
  const { t } = useTranslation('common');
  // Who points at it or has the focus in it is still reading.
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(id), tone === 'bad' ? BAD_SHOWN_FOR_MS : SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [held, id, tone]);
  const Icon = TONE_ICON[tone];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only keeps it longer
    <div
      role={tone === 'bad' ? 'alert' : undefined}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className={cx(
        'pointer-events-auto flex w-full items-start gap-3 rounded-lg border bg-raised p-3 shadow-float',
        TONE_BORDER[tone],
      )}
    >
      <Icon aria-hidden="true" className={cx('mt-1 size-5 shrink-0', TONE_TEXT[tone])} />
      <div className="min-w-0 flex-1 break-words">
        <p className="font-medium">{withCodes(title)}</p>
        {detail !== undefined && detail !== '' && (
          <div className="text-muted text-sm">{withCodes(detail)}</div>
        )}
      </div>
      <IconButton icon={X} size="sm" label={t('dismiss')} onClick={() => dismiss(id)} />
    </div>
  );
}
