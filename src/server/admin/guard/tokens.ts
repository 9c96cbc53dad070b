import { createHash, timingSafeEqual } from 'node:crypto';

/** `operator` may change things, `viewer` may only look. */
export type Role = 'operator' | 'viewer';

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

export interface TokenSettings {
  /** Undefined or empty: there is none. */
  readonly operator: string | undefined;
  readonly viewer: string | undefined;
}

/**
 * The tokens of the admin API. Their SHA-256 digests are kept and compared, in a time that depends neither on where
 * two tokens differ nor on how long they are.
 */
export class Tokens {
  private readonly digests: ReadonlyArray<readonly [Role, Buffer]>;

  /** Throws RangeError when both roles have the same token: nobody could tell which is meant. */
  constructor({ operator, viewer }: TokenSettings) {
    const known: Array<readonly [Role, Buffer]> = [];
    if (operator) known.push(['operator', digestOf(operator)]);
    if (viewer) known.push(['viewer', digestOf(viewer)]);
    if (operator && operator === viewer) {
      throw new RangeError('admin.token and admin.viewer_token must not be the same');
    }
    this.digests = known;
  }

  /** Whether there is any: without one, whoever reaches the port may do everything. */
  get required(): boolean {
    return this.digests.length > 0;
  }

  /** Whose token it is. Every one is compared, whichever it equals. */
  roleOf(token: string): Role | undefined {
    const digest = digestOf(token);
    let found: Role | undefined;
    for (const [role, known] of this.digests) {
      if (timingSafeEqual(digest, known)) found = role;
    }
    return found;
  }
}

/** The token of `Authorization: Bearer …` (RFC 6750 section 2.1); undefined when the header is not of that form. */
export function bearerToken(header: string | null): string | undefined {
  return header === null ? undefined : /^Bearer +([!-~]+) *$/i.exec(header)?.[1];
}
