/** Tax ids and card numbers in free text become `***`. */
export function maskNumbers(text: string): string {
  return text.replace(/\d{3}[.\-\s]?\d{3}[.\-\s]?\d{3}[-.\s]?\d{2,}/g, '***');
}
