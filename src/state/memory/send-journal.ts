import { closeSync, ftruncateSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../shared/clock.ts';

/** A send of the past, in this process's monotonic time (mostly below 0: before it began). */
export interface PastSend {
  readonly atMs: number;
  readonly cost: number;
}

/**
 * What a gate leaves behind for the process after it: a strict limit does not begin anew because a process did.
 * Recording is a few stores to memory.
 */
export interface SendJournal {
  /** The sends that are still on record, oldest first. Reservations of a process that died count as sent now. */
  past(): PastSend[];
  /** A call may be written from now on. */
  reserved(cost: number): void;
  /** It was written at `nowMs`. */
  sent(nowMs: number, cost: number): void;
  /** It surely was not written. */
  givenBack(cost: number): void;
  close(): void;
}

export interface SendJournalOptions {
  readonly clock: Clock;
  readonly path: string;
  /** The highest count of any limit: so many sends are kept. */
  readonly capacity: number;
  /** This process. */
  readonly pid: number;
  readonly isAlive: (pid: number) => boolean;
}

/** Layout, in 8-byte floats: magic, owner's pid, sends ever recorded, reserved cost; then `capacity` × (time, cost). */
const MAGIC = 0x434f4d50;
const OWNER = 1;
const RECORDED = 2;
const RESERVED = 3;
const HEADER = 4;

/**
 * Opens the journal of one upstream: a file that is mapped into memory, so that what was recorded survives the end
 * of the process, however sudden (not that of the machine). Times in it are wall-clock times; one that lies in the
 * future, because the clock was set back, counts as now. Throws when another process that lives holds it, or when
 * the file cannot be made.
 */
export function openSendJournal(options: SendJournalOptions): SendJournal {
  const { path, capacity, pid, isAlive } = options;
  mkdirSync(dirname(path), { recursive: true });
  const earlier = readEarlier(path);
  if (earlier !== undefined && earlier.owner !== pid && earlier.owner !== 0 && isAlive(earlier.owner)) {
    throw Object.assign(new Error(`process ${earlier.owner} paces this upstream from the same folder`), {
      code: 'EHELD',
    });
  }
  const cells = mapFile(path, HEADER + 2 * capacity);
  return new MappedJournal(options, cells, earlier?.sends ?? [], earlier?.reserved ?? 0);
}

interface Earlier {
  readonly owner: number;
  readonly reserved: number;
  /** Wall-clock ms, oldest first. */
  readonly sends: readonly PastSend[];
}

function readEarlier(path: string): Earlier | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const length = Math.floor(size / 8);
  if (length < HEADER) return undefined;
  const cells = mapFile(path, length);
  if (cells[0] !== MAGIC) return undefined;
  const capacity = Math.floor((length - HEADER) / 2);
  const recorded = cells[RECORDED]!;
  const sends: PastSend[] = [];
  for (let number = Math.max(0, recorded - capacity); number < recorded; number++) {
    const at = HEADER + 2 * (number % capacity);
    sends.push({ atMs: cells[at]!, cost: cells[at + 1]! });
  }
  return { owner: cells[OWNER]!, reserved: cells[RESERVED]!, sends };
}

function mapFile(path: string, cells: number): Float64Array {
  const file = openSync(path, 'a+');
  try {
    if ((statSync(path).size ?? 0) !== cells * 8) ftruncateSync(file, cells * 8);
  } finally {
    closeSync(file);
  }
  const bytes = Bun.mmap(path, { shared: true });
  return new Float64Array(bytes.buffer, bytes.byteOffset, cells);
}

class MappedJournal implements SendJournal {
  private readonly clock: Clock;
  private readonly capacity: number;
  private readonly earlier: PastSend[];

  constructor(
    options: SendJournalOptions,
    private readonly cells: Float64Array,
    sends: readonly PastSend[],
    reserved: number,
  ) {
    this.clock = options.clock;
    this.capacity = options.capacity;
    const now = this.clock.now();
    const wallToMonotonic = now - this.clock.wallNow();
    this.earlier = sends.map(({ atMs, cost }) => ({ atMs: Math.min(now, atMs + wallToMonotonic), cost }));
    if (reserved > 0) this.earlier.push({ atMs: now, cost: reserved });
    this.earlier.sort((a, b) => a.atMs - b.atMs);
    cells.fill(0);
    for (const { atMs, cost } of this.earlier.slice(-this.capacity)) this.append(atMs, cost);
    cells[OWNER] = options.pid;
    cells[0] = MAGIC;
  }

  past(): PastSend[] {
    return this.earlier;
  }

  reserved(cost: number): void {
    this.cells[RESERVED]! += cost;
  }

  sent(nowMs: number, cost: number): void {
    this.append(nowMs, cost);
    this.cells[RESERVED]! -= cost;
  }

  givenBack(cost: number): void {
    this.cells[RESERVED]! -= cost;
  }

  close(): void {
    this.cells[OWNER] = 0;
  }

  /** The entry first, then its number: a process that dies between the two has recorded nothing half. */
  private append(atMs: number, cost: number): void {
    const number = this.cells[RECORDED]!;
    const at = HEADER + 2 * (number % this.capacity);
    this.cells[at] = this.clock.wallNow() + (atMs - this.clock.now());
    this.cells[at + 1] = cost;
    this.cells[RECORDED] = number + 1;
  }
}
