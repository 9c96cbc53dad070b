/** Where an upstream is, and how its certificate is judged. */
export interface Origin {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** As the `Host` header says it: without the scheme's own port. */
  readonly authority: string;
  /** Put before every target; '' or '/v1', without a slash at the end. */
  readonly basePath: string;
  readonly tls: { readonly ca: string | undefined; readonly verify: boolean };
}

/** `url` is an http or https URL without query; anything else was refused with the configuration. */
export function originOf(url: string, tls: Origin['tls']): Origin {
  const parsed = new URL(url);
  const secure = parsed.protocol === 'https:';
  const bareHost = parsed.hostname.replace(/^\[|\]$/g, '');
  return {
    secure,
    host: bareHost,
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    authority: parsed.host,
    basePath: parsed.pathname.replace(/\/+$/, ''),
    tls,
  };
}

export const baseUrl = (origin: Origin): string =>
  `${origin.secure ? 'https' : 'http'}://${origin.authority}${origin.basePath}`;
