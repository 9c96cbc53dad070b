/** A connection on which nothing happens for so long is closed; requests that wait for their turn are exempt. */
export const IDLE_SECONDS = 120;

export type Serve = (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;

/** A listening port of the gateway, with the settings that all of them share. */
export class Listener {
  private server: Bun.Server<undefined> | undefined;

  /** Port 0 lets the system choose. */
  constructor(
    private readonly address: { readonly host: string; readonly port: number },
    /** Whether other processes may listen there, too; the system shares connections out between them. */
    private readonly sharesPort = false,
  ) {}

  /** Throws with the system's code (`EADDRINUSE`, `EACCES`, …) when the port cannot be had. */
  start(serve: Serve): void {
    this.server = Bun.serve({
      hostname: this.address.host,
      port: this.address.port,
      development: false,
      // Unless told so, Bun shares the port with any other Bun that asks: two gateways would send twice the limit.
      reusePort: this.sharesPort,
      idleTimeout: IDLE_SECONDS,
      // Each route and operation has its own limit, and its own answer to a body above it.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: serve,
      error: () => new Response('{"code":"internal"}', { status: 500 }),
    });
  }

  get port(): number {
    return this.server?.port ?? this.address.port;
  }

  /** Where this machine reaches it. */
  get url(): string {
    const { host } = this.address;
    const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `http://${shown.includes(':') ? `[${shown}]` : shown}:${this.port}`;
  }

  /** Requests whose answer has not gone out whole, those included whose body is still coming in. */
  get pendingRequests(): number {
    return this.server?.pendingRequests ?? 0;
  }

  /** Closes every connection. */
  async stop(): Promise<void> {
    await this.server?.stop(true);
  }
}
