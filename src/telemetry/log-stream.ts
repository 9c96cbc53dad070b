/** What writes a piece of text and says when it is out. Only one piece is under way at a time. */
export type WriteText = (text: string, done: (error: Error | null | undefined) => void) => void;

/** About a minute of lines at the access log's limit. */
const MOST_PENDING_CHARS = 4_194_304;

/**
 * Where log lines go: written behind, bounded. Whoever reads our log may stop reading; a pipe that nobody empties must
 * hold up lines, not calls. What finds no room is left out, and how much that was is told with the next line that does.
 */
export class LogStream {
  private pending: string[] = [];
  private pendingChars = 0;
  private leftOut = 0;
  private writing = false;

  constructor(
    private readonly writeText: WriteText,
    private readonly mostPendingChars = MOST_PENDING_CHARS,
  ) {}

  /** Takes one line, its line feed included. */
  write(line: string): void {
    if (this.pendingChars + line.length > this.mostPendingChars) {
      this.leftOut++;
      return;
    }
    if (this.leftOut > 0) {
      this.push(`{"level":"warn","lines_left_out":${this.leftOut},"msg":"nobody read the log"}\n`);
      this.leftOut = 0;
    }
    this.push(line);
    this.pump();
  }

  /**
   * What has not been handed over yet, for the last words of a process. Undefined while a piece is under way: whoever
   * reads us is behind, and writing on would wait for them.
   */
  takeRest(): string | undefined {
    if (this.writing) return undefined;
    const rest = this.pending.join('');
    this.pending = [];
    this.pendingChars = 0;
    return rest;
  }

  private push(line: string): void {
    this.pending.push(line);
    this.pendingChars += line.length;
  }

  private pump(): void {
    if (this.writing || this.pending.length === 0) return;
    const text = this.pending.join('');
    this.pending = [];
    this.writing = true;
    // Its characters count until they are out: they still take memory.
    this.writeText(text, () => {
      // A log that cannot be written (its reader is gone) must not end the gateway, and there is nowhere to say so.
      this.writing = false;
      this.pendingChars -= text.length;
      this.pump();
    });
  }
}
