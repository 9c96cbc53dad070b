import type { MemoryCache } from '../../memory/cache.ts';
import { generationsKey } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import type { Change, SharedRevisions } from '../revisions/shared-revisions.ts';

/** Stands for all routes. */
const ALL = '';
/** Purges that wait for Redis; of more, one of everything is made. */
const MOST_OWED = 1_000;

/**
 * Which stored answers still count. Every key in Redis begins with how often its route, and everything, was purged:
 * raising that number makes the old ones unreachable on every node at once, and they go when their time is over.
 */
export class Generations {
  private known: Map<string, number> | undefined;
  private readonly owed = new Set<string>();
  private readonly key: string;
  private readonly stops: Array<() => void>;
  private reading = false;
  /** Something has changed while it was read: what comes may be older than that. */
  private readAgain = false;
  /** Redis has, since it was read. */
  private forgot = false;

  constructor(
    private readonly link: RedisLink,
    private readonly revisions: SharedRevisions,
    private readonly local: Pick<MemoryCache, 'purge'>,
    prefix: string,
  ) {
    this.key = generationsKey(prefix);
    this.stops = [
      revisions.on('cache', (change) => void this.read(change)),
      link.onChange((isUp) => void (isUp && this.pay())),
    ];
    void this.read({ revision: undefined, forgot: false });
  }

  /** Begins the name of a cache key's answers; undefined while nobody knows which count. */
  of(key: string): string | undefined {
    // Until others are told of a purge, what it was about is not looked for.
    if (this.known === undefined || this.owed.size > 0) return undefined;
    return `${this.known.get(ALL) ?? 0}.${this.known.get(routeOf(key)) ?? 0}`;
  }

  /** What begins with `prefix` counts no more, on any node. Reaches whole routes: a part of one takes all of it. */
  async raise(prefix: string | undefined): Promise<void> {
    this.owed.add(prefix === undefined || prefix === '' ? ALL : routeOf(prefix));
    if (this.owed.size > MOST_OWED) {
      this.owed.clear();
      this.owed.add(ALL);
    }
    await this.pay();
  }

  close(): void {
    for (const stop of this.stops) stop();
  }

  private async pay(): Promise<void> {
    if (this.owed.size === 0) return;
    for (const route of this.owed) {
      if (!this.link.isUp) return;
      try {
        const generation = await this.link.commands.hincrby(this.key, route, 1);
        this.known?.set(route, generation);
        this.owed.delete(route);
      } catch {
        // Owed until Redis is back.
        return;
      }
    }
    await this.revisions.bump('cache');
  }

  private async read({ forgot }: Change): Promise<void> {
    this.forgot ||= forgot;
    if (!this.link.isUp) return;
    if (this.reading) {
      this.readAgain = true;
      return;
    }
    this.reading = true;
    let forgotten = false;
    try {
      do {
        forgotten = this.forgot;
        this.forgot = false;
        this.readAgain = false;
        const told = await this.link.commands.hgetall(this.key);
        this.compare(told, forgotten || this.forgot);
      } while (this.readAgain);
    } catch {
      this.forgot ||= forgotten;
      this.revisions.reread();
    } finally {
      this.reading = false;
    }
    await this.pay();
  }

  private compare(told: Readonly<Record<string, string>>, forgot: boolean): void {
    const before = this.known;
    const now = new Map(Object.entries(told).map(([route, generation]) => [route, Number(generation)]));
    // Redis that has lost everything has lost the old answers, too: those of this node still count.
    if (before !== undefined && !forgot) this.follow(before, now);
    this.known = now;
  }

  private follow(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): void {
    for (const route of new Set([...before.keys(), ...now.keys()])) {
      const [was, is] = [before.get(route) ?? 0, now.get(route) ?? 0];
      if (was === is) continue;
      this.local.purge(route === ALL ? undefined : `${route}\n`);
      // A replica took over that had missed a purge: it is made once more.
      if (is < was) this.owed.add(route);
    }
  }
}

/** The line that a cache key, or the beginning of one, has first. */
function routeOf(key: string): string {
  const end = key.indexOf('\n');
  return end < 0 ? key : key.slice(0, end);
}
