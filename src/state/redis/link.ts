import type { RedisClient } from './connection.ts';

/** What is used of the connections: commands, what others publish, and whether the server can be used now. */
export interface RedisLink {
  readonly commands: RedisClient;
  readonly subscriber: RedisClient;
  readonly isUp: boolean;
  /** Told whenever the server can be used (again), and when it cannot any more. Answers how to stop listening. */
  onChange(listener: (isUp: boolean) => void): () => void;
}
