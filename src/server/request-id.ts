import { isValidCpf } from '../shared/cpf.ts';
import type { Random } from '../shared/random.ts';

const ACCEPTED = /^[A-Za-z0-9._:-]{1,128}$/;
/** Eleven digits by themselves, not a part of a UUID or of a time in milliseconds. */
const CPF_FORM = /(?<![A-Za-z0-9])\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?![A-Za-z0-9])/g;

/**
 * Ids for requests: what the client sent as `X-Request-Id` where it is plain and short, otherwise a prefix of this
 * process and a number. Unique within the fleet as far as 48 random bits are. An id that carries a CPF is not taken:
 * ids are shown, sent on and searched for, so they cannot be masked everywhere.
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
    if (fromClient !== null && ACCEPTED.test(fromClient) && !carriesCpf(fromClient)) return fromClient;
    return this.prefix + (this.count++).toString(36);
  }
}

function carriesCpf(id: string): boolean {
  const candidates = id.match(CPF_FORM);
  return candidates?.some((one) => isValidCpf(one.replace(/\D/g, ''))) === true;
}
