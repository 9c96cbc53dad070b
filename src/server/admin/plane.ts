import { Listener } from '../listener.ts';
import type { AdminApp } from './app.ts';

export interface AdminPlaneOptions {
  readonly app: Pick<AdminApp, 'fetch' | 'close' | 'basePath'>;
  /** Port 0 lets the system choose. `adminListenProblem` says which addresses need a token. */
  readonly listen: { readonly host: string; readonly port: number };
}

/** The listening port of the admin API. */
export class AdminPlane {
  private readonly listener: Listener;

  constructor(private readonly options: AdminPlaneOptions) {
    this.listener = new Listener(options.listen);
  }

  /** Throws with the system's code (`EADDRINUSE`, `EACCES`, …) when the port cannot be had. */
  start(): void {
    const { app } = this.options;
    this.listener.start((request, server) =>
      app.fetch(request, { address: server.requestIP(request)?.address ?? '', port: server.port ?? 0 }),
    );
  }

  get port(): number {
    return this.listener.port;
  }

  /** Without a `/` at its end. */
  get url(): string {
    return this.listener.url + this.options.app.basePath.slice(0, -1);
  }

  /** Closes every connection. */
  async stop(): Promise<void> {
    await this.listener.stop();
    await this.options.app.close();
  }
}
