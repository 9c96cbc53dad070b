/**
 * When callers that make one call after another are free again, the earliest first. Answers end in the order in which
 * calls began, and refusals come at once: two queues that are each in order need no heap.
 */
export class LaneEnds {
  private readonly answers: number[] = [];
  private readonly refusals: number[];
  private nextAnswer = 0;
  private nextRefusal = 0;

  /** So many callers, all free from `nowMs` on. */
  constructor(lanes: number, nowMs: number) {
    this.refusals = Array<number>(lanes).fill(nowMs);
  }

  /** When the next call may begin. */
  next(): number {
    const answerMs = this.answers[this.nextAnswer] ?? Number.POSITIVE_INFINITY;
    const refusalMs = this.refusals[this.nextRefusal] ?? Number.POSITIVE_INFINITY;
    if (refusalMs <= answerMs) this.nextRefusal++;
    else this.nextAnswer++;
    return Math.min(answerMs, refusalMs);
  }

  answered(atMs: number): void {
    this.answers.push(atMs);
  }

  refused(atMs: number): void {
    this.refusals.push(atMs);
  }
}
