import type { ReactNode } from 'react';

/** A text in which codes stand between backticks. */
export function CodeText({ text }: { text: string }) {
  return text.split(/`([^`]*)`/).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      // The same code may stand twice in a text: only its place tells them apart.
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never change their order
      <code key={index} className="break-words font-mono text-[0.92em]">
        {part}
      </code>
    ),
  );
}

/** For boxes that are given a text or something made: the codes of a text are set as such. */
export function withCodes(content: ReactNode): ReactNode {
  return typeof content === 'string' ? <CodeText text={content} /> : content;
}
