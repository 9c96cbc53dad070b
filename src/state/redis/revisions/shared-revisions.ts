import type { Clock, Timer } from '../../../shared/clock.ts';
import type { Random } from '../../../shared/random.ts';
import type { RuleRevisions } from '../../revisions-contract.ts';
import { DEFAULT_PREFIX, revisionsKey, sharedChannel } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import type { Topics } from '../topics.ts';

/** What nodes hold copies of. */
export type Subject = 'rules' | 'denied' | 'cache' | 'wishes';

const SUBJECTS: readonly Subject[] = ['rules', 'denied', 'cache', 'wishes'];

/** Why a copy is to be read again. */
export interface Change {
  /** How often the subject has changed. Undefined: Redis is away, so nobody knows. */
  readonly revision: number | undefined;
  /** Redis has forgotten everything since it was asked last: what nodes hold is all there is. */
  readonly forgot: boolean;
}

export interface SharedRevisionsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly link: RedisLink;
  readonly topics: Topics;
  readonly prefix?: string | undefined;
  /** How often revisions are read, in case a message was lost. One command each time. Default 500. */
  readonly pollMs?: number | undefined;
  /** How often listeners to `rules` are called while Redis is away. Default 1,000. */
  readonly awayMs?: number | undefined;
}

/**
 * How often each subject has changed, over the whole fleet: told by pub/sub, and read from time to time. Listeners
 * are called when a revision is new to this node, and whenever it hears again after it was cut off.
 */
export class SharedRevisions {
  readonly rules: RuleRevisions = {
    publish: () => this.bump('rules'),
    onChange: (listener) => this.on('rules', listener),
  };
  private readonly clock: Clock;
  private readonly link: RedisLink;
  private readonly key: string;
  private readonly channel: string;
  private readonly listeners = new Map<Subject, Set<(change: Change) => void>>();
  private readonly seen = new Map<Subject, number>();
  /** Changes of this node that others were not told of yet. */
  private readonly owed = new Set<Subject>();
  private epoch: string | undefined;
  private reading: Promise<void> | undefined;
  private timer: Timer | undefined;
  private closed = false;
  private readonly stops: Array<() => void>;

  constructor(private readonly options: SharedRevisionsOptions) {
    const { clock, link, topics, prefix = DEFAULT_PREFIX } = options;
    this.clock = clock;
    this.link = link;
    this.key = revisionsKey(prefix);
    this.channel = sharedChannel(prefix, 'revisions');
    for (const subject of SUBJECTS) this.listeners.set(subject, new Set());
    this.stops = [
      topics.listen(
        this.channel,
        (message) => this.hear(message),
        () => void this.read(true),
      ),
      link.onChange((isUp) => void (isUp ? this.read(true) : this.schedule())),
    ];
    void this.read(true);
  }

  on(subject: Subject, listener: (change: Change) => void): () => void {
    const listeners = this.listeners.get(subject)!;
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Tells all nodes of a change; without Redis, as soon as it is back. */
  async bump(subject: Subject): Promise<void> {
    this.owed.add(subject);
    await this.pay();
  }

  /** A revision that this node has brought about or has heard of otherwise. */
  saw(subject: Subject, revision: number): void {
    this.seen.set(subject, Math.max(this.seen.get(subject) ?? 0, revision));
  }

  /** Listeners are called once the revisions have been read again, whatever they are. */
  reread(): void {
    void this.read(true);
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
    for (const stop of this.stops) stop();
  }

  private async pay(): Promise<void> {
    for (const subject of this.owed) {
      if (!this.link.isUp) return;
      try {
        const revision = await this.link.commands.hincrby(this.key, subject, 1);
        this.owed.delete(subject);
        await this.link.commands.publish(this.channel, `${subject} ${revision}`);
      } catch {
        // Owed still, or told by the next reading of whoever missed the message.
        return;
      }
    }
  }

  private hear(message: string): void {
    const [subject, revision] = message.split(' ');
    if (SUBJECTS.includes(subject as Subject)) this.compare(subject as Subject, Number(revision), false);
  }

  /** One reading at a time. `anew`: listeners are called whatever is read, since messages may have been missed. */
  private read(anew: boolean): Promise<void> {
    if (this.closed || !this.link.isUp) {
      this.schedule();
      return Promise.resolve();
    }
    if (anew) this.seen.clear();
    this.reading ??= this.ask().finally(() => {
      this.reading = undefined;
      this.schedule();
    });
    return this.reading;
  }

  private async ask(): Promise<void> {
    try {
      await this.pay();
      let answer = await this.link.commands.hmget(this.key, 'epoch', ...SUBJECTS);
      if (answer[0] === null) {
        await this.link.commands.hsetnx(this.key, 'epoch', this.options.random.next().toString(36).slice(2));
        answer = await this.link.commands.hmget(this.key, 'epoch', ...SUBJECTS);
      }
      const [epoch, ...revisions] = answer;
      const forgot = this.epoch !== undefined && this.epoch !== epoch;
      this.epoch = epoch ?? undefined;
      if (forgot) this.seen.clear();
      for (const [place, subject] of SUBJECTS.entries()) {
        this.compare(subject, Number(revisions[place] ?? 0), forgot);
      }
    } catch {
      // Asked again in a moment.
    }
  }

  private compare(subject: Subject, revision: number, forgot: boolean): void {
    const seen = this.seen.get(subject);
    if (seen !== undefined && revision <= seen) return;
    this.seen.set(subject, revision);
    this.tell(subject, { revision, forgot });
  }

  private tell(subject: Subject, change: Change): void {
    for (const listener of this.listeners.get(subject)!) listener(change);
  }

  private schedule(): void {
    this.timer?.cancel();
    if (this.closed) return;
    const { pollMs = 500, awayMs = 1_000 } = this.options;
    this.timer = this.clock.after(this.link.isUp ? pollMs : awayMs, () => {
      if (!this.link.isUp) this.tell('rules', { revision: undefined, forgot: false });
      void this.read(false);
    });
  }
}
