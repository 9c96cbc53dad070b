/** Something that is done once at a time: asked for meanwhile, it is done once more. */
export class OneAtATime {
  private running = false;
  private wanted = false;

  /** `run` never rejects. */
  constructor(private readonly run: () => Promise<unknown>) {}

  again(): void {
    this.wanted = true;
    if (!this.running) void this.go();
  }

  private async go(): Promise<void> {
    this.running = true;
    while (this.wanted) {
      this.wanted = false;
      await this.run();
    }
    this.running = false;
  }
}
