/** One call at the judged endpoint. Times are whole microseconds since the judge started. */
export interface Arrival {
  readonly atUs: number;
  readonly violation: boolean;
  /** HTTP status that was answered; null while there is none, and for ever when the call hangs or is reset. */
  status: number | null;
}

/** What a stretch of the log shows. */
export interface Stretch {
  readonly arrivals: readonly Arrival[];
  /** Smallest distance between two arrivals that follow each other; null with fewer than two. */
  readonly closestSpacingUs: number | null;
  readonly violations: number;
}

/**
 * The latest arrivals in order, at most `capacity` of them; older ones are dropped and counted. The count, the
 * closest spacing and the violations of `summary()` include what was dropped.
 */
export class ArrivalLog {
  private ring: Arrival[] = [];
  /** Where the oldest kept arrival is once the ring is full. */
  private head = 0;
  private seen = 0;
  private violations = 0;
  private lastAtUs: number | undefined;
  private closestSpacingUs: number | null = null;

  constructor(private readonly capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`ArrivalLog capacity must be a whole number above 0, got ${capacity}`);
    }
  }

  add(arrival: Arrival): void {
    if (this.lastAtUs !== undefined) {
      this.closestSpacingUs = closer(this.closestSpacingUs, arrival.atUs - this.lastAtUs);
    }
    this.lastAtUs = arrival.atUs;
    this.seen += 1;
    if (arrival.violation) this.violations += 1;
    if (this.ring.length < this.capacity) {
      this.ring.push(arrival);
    } else {
      this.ring[this.head] = arrival;
      this.head = (this.head + 1) % this.capacity;
    }
  }

  get dropped(): number {
    return this.seen - this.ring.length;
  }

  /** Everything since the start, from running counters: O(1). */
  summary(): { count: number; closestSpacingUs: number | null; violations: number } {
    return { count: this.seen, closestSpacingUs: this.closestSpacingUs, violations: this.violations };
  }

  /** The kept arrivals at or after `sinceUs`. The spacing to an arrival before `sinceUs` does not count. */
  since(sinceUs: number): Stretch {
    const arrivals: Arrival[] = [];
    let closestSpacingUs: number | null = null;
    let violations = 0;
    for (let index = 0; index < this.ring.length; index++) {
      const arrival = this.ring[(this.head + index) % this.ring.length]!;
      if (arrival.atUs < sinceUs) continue;
      const previous = arrivals.at(-1);
      if (previous !== undefined) closestSpacingUs = closer(closestSpacingUs, arrival.atUs - previous.atUs);
      if (arrival.violation) violations += 1;
      arrivals.push(arrival);
    }
    return { arrivals, closestSpacingUs, violations };
  }
}

function closer(known: number | null, spacingUs: number): number {
  return known === null ? spacingUs : Math.min(known, spacingUs);
}
