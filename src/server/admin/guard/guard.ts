import type { Clock } from '../../../shared/clock.ts';
import { AdminProblem } from '../problems.ts';
import { FailedLogins } from './failed-logins.ts';
import { canonicalAddress, requireOwnSite } from './own-site.ts';
import { bearerToken, type Role, type TokenSettings, Tokens } from './tokens.ts';

/** Where a request came from and arrived. */
export interface Connection {
  /** Address of the peer. */
  readonly address: string;
  /** The port that the server listens on. */
  readonly port: number;
}

/** Who asks. */
export interface Actor {
  readonly role: Role;
  readonly address: string;
  /** As the audit log has it: `operator@10.0.0.7`, or `local@127.0.0.1` where no token is configured. */
  readonly name: string;
}

/** The door of the admin API. */
export class Guard {
  private readonly tokens: Tokens;
  private readonly failedLogins: FailedLogins;

  /** Throws RangeError when both roles have the same token. */
  constructor(clock: Clock, tokens: TokenSettings) {
    this.tokens = new Tokens(tokens);
    this.failedLogins = new FailedLogins(clock);
  }

  /** Who asks. Throws an AdminProblem for a request that is not let in. */
  admit(request: Request, connection: Connection): Actor {
    const { required } = this.tokens;
    requireOwnSite(request.headers, { port: connection.port, loopbackOnly: !required });
    const address = canonicalAddress(connection.address);
    if (!required) return { role: 'operator', address, name: `local@${address}` };
    const role = this.login(request.headers.get('authorization'), address);
    return { role, address, name: `${role}@${address}` };
  }

  /** Throws an AdminProblem for a request for the dashboard's files that is not let in. They need no token: they hold no data. */
  admitPage(request: Request, connection: Connection): void {
    const { required } = this.tokens;
    requireOwnSite(request.headers, {
      port: connection.port,
      loopbackOnly: !required,
      linkable: request.method === 'GET' || request.method === 'HEAD',
    });
  }

  private login(header: string | null, address: string): Role {
    const blockedForMs = this.failedLogins.blockedForMs(address);
    if (blockedForMs !== undefined) {
      throw new AdminProblem('too_many_attempts', {
        detail: 'This address sent too many wrong tokens.',
        headers: { 'Retry-After': String(Math.max(1, Math.ceil(blockedForMs / 1_000))) },
      });
    }
    if (header === null) throw unauthorized('The request has no token.');
    const token = bearerToken(header);
    const role = token === undefined ? undefined : this.tokens.roleOf(token);
    if (role !== undefined) return role;
    this.failedLogins.note(address);
    throw unauthorized('The token is not valid.');
  }
}

function unauthorized(detail: string): AdminProblem {
  return new AdminProblem('unauthorized', {
    detail,
    headers: { 'WWW-Authenticate': 'Bearer realm="comporta"' },
  });
}
