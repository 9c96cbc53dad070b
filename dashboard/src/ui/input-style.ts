/** The look that all inputs of one line share. */
export const INPUT_STYLE =
  'min-h-10 w-full min-w-0 rounded-md border border-line-strong bg-surface px-3 text-text aria-invalid:border-bad disabled:cursor-not-allowed disabled:opacity-60';
