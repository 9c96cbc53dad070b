import { canonicalIp } from '../../../shared/ip.ts';
import { AdminProblem } from '../problems.ts';
import { isLoopback } from './listen.ts';

export interface OwnSite {
  /** The port that the server listens on. */
  readonly port: number;
  /**
   * Without a token, reaching the port is all that it takes. Then the `Host` must be a name of this machine that only
   * this machine has: a page whose own name was made to point to 127.0.0.1 (DNS rebinding) sends that name.
   */
  readonly loopbackOnly: boolean;
  /** Whether it is a page that other sites may link to: following a link is what a person does, and it shows no data. */
  readonly linkable?: boolean;
}

/** Throws `foreign_request` when the request was sent by a page of another site, or for another server. */
export function requireOwnSite(headers: Headers, { port, loopbackOnly, linkable = false }: OwnSite): void {
  const host = headers.get('host') ?? '';
  if (loopbackOnly && !isOwnLoopbackHost(host, port)) {
    throw foreign(
      `The Host header must be localhost:${port} or 127.0.0.1:${port}, because no token is configured.`,
    );
  }
  // Browsers say so themselves; on another port of the same host a page is "same-site" and still somebody else's.
  const site = headers.get('sec-fetch-site');
  const isOwn = site === null || site === 'same-origin' || site === 'none';
  if (!isOwn && !(linkable && isLinkFollowed(headers))) {
    throw foreign('The request was sent by a page of another site.');
  }
  const origin = headers.get('origin');
  if (origin !== null && !isOriginOf(origin, host)) {
    throw foreign('The Origin header must be the address of this server.');
  }
}

/** Whether the browser opens the page in a window of its own, not in a frame and not for a script. */
function isLinkFollowed(headers: Headers): boolean {
  return headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
}

function isOwnLoopbackHost(host: string, port: number): boolean {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(host);
  if (match === null) return false;
  const [, name = '', written] = match;
  return isLoopback(name.replace(/^\[|\]$/g, '')) && Number(written ?? 80) === port;
}

/** With a token the server may stand behind one that speaks TLS, so the scheme may be either. */
function isOriginOf(origin: string, host: string): boolean {
  return host !== '' && ['http:', 'https:'].some((scheme) => sameOrigin(origin, `${scheme}//${host}`));
}

function sameOrigin(one: string, other: string): boolean {
  if (!URL.canParse(one) || !URL.canParse(other)) return false;
  const origin = new URL(one).origin;
  return origin !== 'null' && origin === new URL(other).origin;
}

function foreign(detail: string): AdminProblem {
  return new AdminProblem('foreign_request', { detail });
}

/** One spelling for the address of a peer; what is no address stays as it is. */
export function canonicalAddress(address: string): string {
  return canonicalIp(address) ?? address;
}
