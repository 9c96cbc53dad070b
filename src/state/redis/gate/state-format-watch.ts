/** As lua/state.lua says it: the number of the form that was found, and the one that this version knows. */
const FOREIGN = /^STATEFORMAT (\S+) (\d+)/;

/**
 * Notices that a gate's state in Redis was written by a version with another form of it. Its scripts touch nothing
 * then, so no call goes out; this says why, once until it is over.
 */
export class StateFormatWatch {
  private told = false;

  constructor(
    /** What the keys of the gate begin with. */
    private readonly tag: string,
    private readonly onForeign: (message: string) => void,
  ) {}

  /** Hands on what a script answers. Rejects as it does, in words where the form is another one. */
  async watch<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      this.told = false;
      return value;
    } catch (error) {
      const [, found, known] = (error instanceof Error && FOREIGN.exec(error.message)) || [];
      if (found === undefined) throw error;
      const message =
        `the state at ${this.tag} in Redis has form ${found} and this version knows form ${known}: stop the nodes of ` +
        `the other version, then delete the keys ${this.tag}:*; until then no call goes out to this upstream`;
      if (!this.told) this.onForeign(message);
      this.told = true;
      throw new Error(message, { cause: error });
    }
  }
}
