import { createServer, connect as dial, type Socket } from 'node:net';

/** A TCP way to a port of this machine that can be made slow, or cut. */
export interface Wire {
  readonly port: number;
  /** How long whatever passes from now on takes, each way. */
  slowDown(delayMs: number): void;
  stop(): Promise<void>;
}

export async function startWire(toPort: number): Promise<Wire> {
  let delayMs = 0;
  const sockets = new Set<Socket>();
  const carry = (from: Socket, to: Socket): void => {
    let lastDueMs = 0;
    from.on('data', (chunk) => {
      // In order, also where the delay has just become shorter.
      lastDueMs = Math.max(lastDueMs, performance.now() + delayMs);
      const leftMs = lastDueMs - performance.now();
      if (leftMs <= 0) to.write(chunk);
      else setTimeout(() => to.write(chunk), leftMs);
    });
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  };
  const server = createServer((near) => {
    const far = dial(toPort, '127.0.0.1');
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    carry(near, far);
    carry(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    slowDown: (ms) => {
      delayMs = ms;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
