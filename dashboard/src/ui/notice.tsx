import type { ReactNode } from 'react';
import { cx } from './class-names.ts';
import { withCodes } from './code-text.tsx';
import { TONE_ICON, TONE_SOFT, type Tone } from './tone.ts';

export interface NoticeProps {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  /** A button that helps. */
  action?: ReactNode;
  className?: string;
}

/** Something the reader should know; `bad` is announced at once, the others when there is time. */
export function Notice({ tone, title, children, action, className }: NoticeProps) {
  const Icon = TONE_ICON[tone];
  return (
    <div
      role={tone === 'bad' ? 'alert' : 'status'}
      className={cx('flex flex-wrap items-start gap-x-3 gap-y-2 rounded-md p-3', TONE_SOFT[tone], className)}
    >
      <Icon aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1 basis-48 break-words">
        {title !== undefined && <p className="font-semibold">{withCodes(title)}</p>}
        {children !== undefined && <div className="text-sm text-text">{withCodes(children)}</div>}
      </div>
      {action}
    </div>
  );
}
