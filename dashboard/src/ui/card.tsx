import { type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';
import { TONE_BORDER, type Tone } from './tone.ts';

export interface CardProps {
  title?: ReactNode;
  /** Buttons at the end of the title's line. */
  actions?: ReactNode;
  children: ReactNode;
  /** Colours the edge. */
  tone?: Tone;
  headingLevel?: 2 | 3 | 4;
  className?: string;
}

/** A box with a heading; with a title it is a region of the page named by it. */
export function Card({ title, actions, children, tone, headingLevel = 2, className }: CardProps) {
  const headingId = useId();
  const Heading = `h${headingLevel}` as const;
  return (
    <section
      aria-labelledby={title === undefined ? undefined : headingId}
      className={cx(
        'min-w-0 rounded-lg border bg-surface p-4 shadow-card',
        TONE_BORDER[tone ?? 'neutral'],
        className,
      )}
    >
      {(title !== undefined || actions !== undefined) && (
        <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          {title !== undefined && (
            <Heading id={headingId} className="font-semibold text-base">
              {title}
            </Heading>
          )}
          {actions !== undefined && (
            <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>
          )}
        </div>
      )}
      {children}
    </section>
  );
}
