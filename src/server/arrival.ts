import type { IncomingRequest } from '../gateway/admission.ts';
import type { RequestBody } from '../gateway/command.ts';
import type { AddressSet } from '../shared/ip.ts';
import { clientAddress } from './client-address.ts';
import type { RequestTarget } from './request-target.ts';

/** The part of Bun's server that the edge uses. */
export interface Connections {
  requestIP(request: Request): { readonly address: string } | null;
  timeout(request: Request, seconds: number): void;
}

/** A request as the edge received it. Its address is looked up when somebody asks: that costs, and few do. */
export class Arrival implements IncomingRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  private address: string | undefined;

  constructor(
    readonly id: string,
    /** Where its abort signal is. */
    readonly abort: Request,
    target: RequestTarget,
    readonly body: RequestBody,
    readonly arrivedAtMs: number,
    private readonly connections: Connections,
    private readonly trustedProxies: AddressSet,
  ) {
    this.method = abort.method;
    this.path = target.path;
    this.query = target.query;
    this.headers = abort.headers;
  }

  /** While the connection stands; `unknown` when it is asked for the first time after that. */
  get ip(): string {
    this.address ??= this.lookUp();
    return this.address;
  }

  private lookUp(): string {
    const peer = this.connections.requestIP(this.abort)?.address ?? 'unknown';
    return clientAddress(peer, this.headers.get('x-forwarded-for'), this.trustedProxies);
  }
}
