import { cx } from './class-names.ts';
import { CopyButton } from './copy-button.tsx';

export interface CodeBlockProps {
  code: string;
  /** What it is, for the eye and as the name of the scroll area; the language when nothing is said. */
  label?: string;
  language?: string;
  className?: string;
}

/** Code to read and copy; long lines scroll in their own box. */
export function CodeBlock({ code, label, language, className }: CodeBlockProps) {
  const name = label ?? language;
  return (
    <div className={cx('min-w-0 overflow-hidden rounded-md border border-line bg-sunken', className)}>
      <div className="flex items-center justify-between gap-2 border-line border-b py-1 pr-1 pl-3">
        <span className="truncate text-muted text-sm">{name}</span>
        <CopyButton text={code} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a group that scrolls is no fieldset, and a region would be one landmark more */}
      <div
        role="group"
        aria-label={name ?? code.slice(0, 40)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
        tabIndex={0}
        className="max-h-96 overflow-auto p-3 -outline-offset-2"
      >
        <pre className="font-mono text-sm">
          <code lang={language === undefined ? undefined : 'zxx'}>{code}</code>
        </pre>
      </div>
    </div>
  );
}
