import type { AdminApp } from './app.ts';

export interface AdminPlaneOptions {
  readonly app: Pick<AdminApp, 'fetch' | 'close'>;
  /** Port 0 lets the system choose. `adminListenProblem` says which addresses need a token. */
  readonly listen: { readonly host: string; readonly port: number };
}

const IDLE_SECONDS = 120;

/** The listening port of the admin API. */
export class AdminPlane {
  private server: ReturnType<typeof Bun.serve> | undefined;

  constructor(private readonly options: AdminPlaneOptions) {}

  /** Throws with the system's code (`EADDRINUSE`, `EACCES`, …) when the port cannot be had. */
  start(): void {
    const { app, listen } = this.options;
    this.server = Bun.serve({
      hostname: listen.host,
      port: listen.port,
      development: false,
      // Unless told so, Bun shares the port with any other Bun that asks: two gateways would send twice the limit.
      reusePort: false,
      idleTimeout: IDLE_SECONDS,
      // Each operation has its own limit, and its own answer to a body above it.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: (request, server) =>
        app.fetch(request, { address: server.requestIP(request)?.address ?? '', port: server.port ?? 0 }),
      error: () => new Response('{"code":"internal"}', { status: 500 }),
    });
  }

  get port(): number {
    return this.server?.port ?? this.options.listen.port;
  }

  get url(): string {
    const { host } = this.options.listen;
    const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `http://${shown.includes(':') ? `[${shown}]` : shown}:${this.port}`;
  }

  /** Closes every connection. */
  async stop(): Promise<void> {
    await this.server?.stop(true);
    await this.options.app.close();
  }
}
