/** The regular expression of a parameter's `pattern`: it must match the whole value. Throws SyntaxError. */
export function paramPattern(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 'u');
}
