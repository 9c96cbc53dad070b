import type { Clock, Timer } from '../../shared/clock.ts';
import type { RedisLink } from './link.ts';

interface Listener {
  readonly hear: (message: string) => void;
  readonly begin: () => void;
}

const RETRY_MS = 1_000;

/**
 * What other nodes publish. Messages may be lost: while the connection is down nobody keeps them. Whoever listens
 * is told whenever it hears again from now on, and reads then what it may have missed.
 */
export class Topics {
  private readonly listeners = new Map<string, Listener>();
  /** Channels whose subscription was refused. */
  private readonly refused = new Set<string>();
  private retry: Timer | undefined;
  private closed = false;
  private readonly onReady = () => this.subscribe([...this.listeners.keys()]);
  private readonly onMessage = (channel: string, message: string) => {
    try {
      this.listeners.get(channel)?.hear(message);
    } catch {
      // Of another version, or not of ours.
      this.unreadable++;
    }
  };
  /** Messages that made no sense. */
  unreadable = 0;

  constructor(
    private readonly clock: Clock,
    private readonly link: Pick<RedisLink, 'subscriber'>,
  ) {
    link.subscriber.on('ready', this.onReady);
    link.subscriber.on('message', this.onMessage);
  }

  /** One listener a channel. `begin` is called every time messages begin to come. Answers how to stop. */
  listen(channel: string, hear: (message: string) => void, begin: () => void = () => {}): () => void {
    if (this.listeners.has(channel)) throw new Error(`${channel} has a listener`);
    this.listeners.set(channel, { hear, begin });
    if (this.link.subscriber.status === 'ready') this.subscribe([channel]);
    return () => {
      this.listeners.delete(channel);
      this.refused.delete(channel);
      this.link.subscriber.unsubscribe(channel).catch(() => {});
    };
  }

  close(): void {
    this.closed = true;
    this.retry?.cancel();
    this.link.subscriber.off('ready', this.onReady);
    this.link.subscriber.off('message', this.onMessage);
    this.listeners.clear();
  }

  private subscribe(channels: readonly string[]): void {
    if (channels.length === 0) return;
    this.link.subscriber.subscribe(...channels).then(
      () => {
        for (const channel of channels) this.listeners.get(channel)?.begin();
      },
      () => this.tryAgain(channels),
    );
  }

  /** A connection that broke tells by itself when it is there again; a refusal has to be asked about. */
  private tryAgain(channels: readonly string[]): void {
    if (this.closed || this.link.subscriber.status !== 'ready') return;
    for (const channel of channels) if (this.listeners.has(channel)) this.refused.add(channel);
    this.retry?.cancel();
    this.retry = this.clock.after(RETRY_MS, () => {
      const again = [...this.refused];
      this.refused.clear();
      this.subscribe(again);
    });
  }
}
