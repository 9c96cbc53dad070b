import { LRUCache } from 'lru-cache';
import { MAX_PATH_CHARS } from '../../usage/rollup-name.ts';
import type { Run } from './dialect.ts';
import { runs, tuples } from './tables.ts';
import { storable } from './text.ts';

/** Names remembered by this process; the rest is looked up again. */
const MAX_REMEMBERED = 50_000;

/**
 * Names of clients, paths, routes and upstreams as small integers, so that a usage row is 40 bytes and grouping
 * compares numbers. A name keeps the day on which it was last used, which tells when no row can hold it any more.
 */
export class Names {
  private readonly known = new LRUCache<string, { id: number; day: number }>({ max: MAX_REMEMBERED });

  /**
   * The ids of all names, inside a transaction. They may be remembered only once it is committed: an id that was
   * rolled back is somebody else's next. Hence the function to call then.
   */
  async idsOf(
    run: Run,
    names: Iterable<string>,
    day: number,
  ): Promise<{ ids: ReadonlyMap<string, number>; committed: () => void }> {
    const ids = new Map<string, number>();
    const asked = new Map<string, string[]>();
    for (const name of names) {
      const known = this.known.get(name);
      if (known !== undefined && known.day >= day) {
        ids.set(name, known.id);
        continue;
      }
      const text = storable(name, MAX_PATH_CHARS);
      const spellings = asked.get(text);
      if (spellings === undefined) asked.set(text, [name]);
      else if (!spellings.includes(name)) spellings.push(name);
    }
    const found: Array<readonly [string, number]> = [];
    // One order for everybody, so that two nodes never wait for each other.
    for (const texts of runs([...asked.keys()].sort())) {
      await run(
        `insert into usage_name (text, seen_day) values ${tuples(texts.length, 2)}
         on conflict (text) do update set seen_day = excluded.seen_day
         where usage_name.seen_day < excluded.seen_day`,
        texts.flatMap((text) => [text, day]),
      );
      const rows = await run(
        `select id, text from usage_name where text in (${tuples(texts.length, 1).replaceAll(/[()]/g, '')})`,
        texts,
      );
      for (const { id, text } of rows) {
        for (const name of asked.get(String(text)) ?? []) found.push([name, Number(id)]);
      }
    }
    for (const [name, id] of found) ids.set(name, id);
    return {
      ids,
      committed: () => {
        for (const [name, id] of found) this.known.set(name, { id, day });
      },
    };
  }
}
