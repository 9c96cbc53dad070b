import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from './class-names.ts';

export interface CopyButtonProps {
  text: string;
  /** The text of the button; "Copy" when nothing is said. */
  label?: string;
  className?: string;
}

const SHOWN_FOR_MS = 2_000;

/** Puts a text on the clipboard and says that it did. */
export function CopyButton({ text, label, className }: CopyButtonProps) {
  const { t } = useTranslation('common');
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      onClick={() => void writeClipboard(text).then(setCopied)}
      className={cx(
        'inline-flex min-h-8 shrink-0 items-center gap-1.5 rounded-md px-2 text-muted text-sm hover:bg-sunken hover:text-text',
        className,
      )}
    >
      <Icon aria-hidden="true" className="size-4" />
      <span aria-live="polite">{copied ? t('copied') : (label ?? t('copy'))}</span>
    </button>
  );
}

/** The clipboard of the browser stands only in a secure context; over plain HTTP a selection has to do. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelection(text);
  }
}

function copySelection(text: string): boolean {
  const focused = document.activeElement;
  // Inside an open dialog, so that its focus trap leaves the selection alone.
  const host = focused?.closest('[role="dialog"], [role="alertdialog"]') ?? document.body;
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'sr-only';
  host.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
