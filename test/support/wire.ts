import { createServer, connect as dial, type Socket } from 'node:net';

/** A TCP way to a port of this machine that can be made slow, or cut. */
export interface Wire {
  readonly port: number;
  /** How long whatever passes from now on takes, each way. */
  slowDown(delayMs: number): void;
  /** Resolves when an answer that matches has come from there: it and what follows it on its connection wait here. */
  holdBack(pattern: RegExp): Promise<HeldBack>;
  stop(): Promise<void>;
}

/** What was on its way, and is not there yet. */
export interface HeldBack {
  readonly text: string;
  deliver(): void;
}

interface Watch {
  readonly pattern: RegExp;
  readonly found: (held: HeldBack) => void;
}

export async function startWire(toPort: number): Promise<Wire> {
  let delayMs = 0;
  let watch: Watch | undefined;
  const sockets = new Set<Socket>();
  const carry = (from: Socket, to: Socket, isAnswer: boolean): void => {
    let lastDueMs = 0;
    let held: Buffer[] | undefined;
    const pass = (chunk: Buffer): void => {
      // In order, also where the delay has just become shorter.
      lastDueMs = Math.max(lastDueMs, performance.now() + delayMs);
      const leftMs = lastDueMs - performance.now();
      if (leftMs <= 0) to.write(chunk);
      else setTimeout(() => to.write(chunk), leftMs);
    };
    const deliver = (): void => {
      for (const chunk of held ?? []) pass(chunk);
      held = undefined;
    };
    from.on('data', (chunk) => {
      const text = isAnswer && watch !== undefined ? chunk.toString('latin1') : '';
      if (held === undefined && watch?.pattern.test(text)) {
        const { found } = watch;
        watch = undefined;
        held = [];
        found({ text, deliver });
      }
      if (held === undefined) pass(chunk);
      else held.push(chunk);
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
    carry(near, far, false);
    carry(far, near, true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    slowDown: (ms) => {
      delayMs = ms;
    },
    holdBack: (pattern) =>
      new Promise((found) => {
        watch = { pattern, found };
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
