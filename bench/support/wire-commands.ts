import { Redis } from 'ioredis';

/**
 * Counts the commands that this process sends to Redis: those inside scripts are not among them, as they would be in
 * what the server counts. `except` is whoever only measures.
 */
export class WireCommands {
  count = 0;
  private readonly except = new Set<object>();
  private readonly original = Redis.prototype.sendCommand;

  constructor() {
    const { original, except } = this;
    const counted = (): void => void this.count++;
    Redis.prototype.sendCommand = function sendCounted(this: Redis, ...args: Parameters<typeof original>) {
      if (!except.has(this)) counted();
      return original.apply(this, args);
    };
  }

  leaveOut(client: Redis): void {
    this.except.add(client);
  }

  stop(): void {
    Redis.prototype.sendCommand = this.original;
  }
}
