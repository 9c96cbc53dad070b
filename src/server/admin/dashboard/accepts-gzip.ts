/** Whether a client that sent this `Accept-Encoding` takes gzip (RFC 9110 section 12.5.3). */
export function acceptsGzip(header: string | null): boolean {
  let any = false;
  for (const item of (header ?? '').split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const accepted = weight === undefined || Number(weight.replace(/^q\s*=/, '')) > 0;
    if (coding === 'gzip' || coding === 'x-gzip') return accepted;
    if (coding === '*') any = accepted;
  }
  return any;
}
