/** Tax ids and card numbers, wherever somebody typed them, become `***`, as the server masks them. */
export function maskNumbers(text: string): string {
  return text.replace(/\d{3}[.\-\s]?\d{3}[.\-\s]?\d{3}[-.\s]?\d{2,}/g, '***');
}
