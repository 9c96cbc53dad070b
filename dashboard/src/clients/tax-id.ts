/**
 * Numbers of a tax id's or a card's length become `***`, as the server masks them (src/shared/mask-numbers.ts): what
 * is typed into a filter must not stand in the address or the page.
 */
export function maskNumbers(text: string): string {
  return text.replace(/\d{3}[.\-\s]?\d{3}[.\-\s]?\d{3}[-.\s]?\d{2,}/g, '***');
}

/** A client as it may be shown: an address is no tax id, however long its numbers are. */
export function maskClient(client: string): string {
  return isAddress(client) ? client : maskNumbers(client);
}

/** Whether the text is an IP address or a block of them, by its look. */
export function isAddress(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  if (rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return false;
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address))
    return address.split('.').every((octet) => Number(octet) <= 255);
  return /^[\da-f:.]+(%\w+)?$/i.test(address) && address.split(':').length >= 3;
}
