import type { Random } from '../shared/random.ts';

const ACCEPTED = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Ids for requests: what the client sent as `X-Request-Id` where it is plain and short, otherwise a prefix of this
 * process and a number. Unique within the fleet as far as 48 random bits are.
 */
export class RequestIds {
  private readonly prefix: string;
  private count = 0;

  constructor(random: Random) {
    const half = () =>
      Math.floor(random.next() * 2 ** 24)
        .toString(16)
        .padStart(6, '0');
    this.prefix = `${half()}${half()}-`;
  }

  next(fromClient: string | null): string {
    if (fromClient !== null && ACCEPTED.test(fromClient)) return fromClient;
    return this.prefix + (this.count++).toString(36);
  }
}
