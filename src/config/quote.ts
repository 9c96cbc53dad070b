const LONGEST_QUOTE = 60;

/** Whether a key or variable of this name holds a secret, so that its value is never printed. */
export function isSecretName(name: string): boolean {
  return /token|secret|passw(?:or)?d|credential|api_?key|private_?key/i.test(name);
}

/** The text without the user name and password that a URL in it may carry. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/:\/\/\S*@/g, '://***@');
}

/** A value as error messages show it: on one line, without credentials, cut when long, "nothing" when empty. */
export function quote(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = withoutCredentials(String(value)).replaceAll(/\s+/g, ' ');
  return `\`${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}\``;
}
