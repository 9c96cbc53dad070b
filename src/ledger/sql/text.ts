/**
 * Text that both engines store and give back unchanged: NUL, which PostgreSQL does not take, and half surrogates,
 * which are no UTF-8, become U+FFFD; at most `maxChars` UTF-16 units.
 */
export function storable(text: string, maxChars: number): string {
  return text.slice(0, maxChars).replaceAll('\0', '\ufffd').toWellFormed();
}
