import type { Outcome } from '../../../../policies/breaker/breaker.ts';

/** So many facts at most go in one request. */
const LARGEST_BATCH = 256;
/** So many requests with facts are under way at once; what comes then is gathered. */
const MOST_UNDER_WAY = 2;

/** As `report.lua` reads it. */
export interface Report {
  readonly begun: string[];
  readonly sent: Array<{ readonly id: string; readonly cost: number; readonly w: number }>;
  readonly over: Array<{
    readonly id: string;
    readonly cost: number;
    readonly outcome: Outcome;
    readonly back?: boolean;
    readonly sent?: boolean;
  }>;
  readonly left: string[];
}

type Facts = { readonly [Kind in keyof Report]: Report[Kind][number] };

const empty = (): Report => ({ begun: [], sent: [], over: [], left: [] });
const sizeOf = ({ begun, sent, over, left }: Report): number =>
  begun.length + sent.length + over.length + left.length;

/**
 * Tells the fleet what became of this node's calls: each at once while there are few, many in one request in a flood,
 * so that a script's own cost is shared. Bounded by the calls that are running and the tickets that wait.
 */
export class Reports {
  private gathered: Report[] = [];
  private underWay = 0;
  private planned = false;

  /** `tell` never rejects. */
  constructor(private readonly tell: (report: Report) => Promise<void>) {}

  /** Whether there is something that was not told yet. */
  get hasUntold(): boolean {
    return this.gathered.length > 0;
  }

  add<Kind extends keyof Report>(kind: Kind, fact: Facts[Kind]): void {
    let last = this.gathered.at(-1);
    if (last === undefined || sizeOf(last) >= LARGEST_BATCH) {
      last = empty();
      this.gathered.push(last);
    }
    (last[kind] as Array<Facts[Kind]>).push(fact);
    if (this.planned) return;
    this.planned = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.planned = false;
    while (this.underWay < MOST_UNDER_WAY) {
      const report = this.gathered.shift();
      if (report === undefined) return;
      this.underWay++;
      this.tell(report).finally(() => {
        this.underWay--;
        this.flush();
      });
    }
  }
}
