import type { Terminal } from '../terminal.ts';

/** Thrown where a process would have ended. */
export class Exited extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** A terminal for tests: keeps what was written, and lets a test press Ctrl-C. */
export class FakeTerminal implements Terminal {
  stdout = '';
  stderr = '';
  exitCode: number | undefined;
  private readonly listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();

  constructor(
    readonly live = false,
    readonly colour = false,
    private readonly columns = 80,
  ) {}

  out(text: string): void {
    this.stdout += text;
  }

  err(text: string): void {
    this.stderr += text;
  }

  width(): number {
    return this.columns;
  }

  setExitCode(code: number): void {
    this.exitCode = code;
  }

  exit(code: number): never {
    this.exitCode = code;
    throw new Exited(code);
  }

  onInterrupt(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** How many parts of the program listen for Ctrl-C. */
  get listening(): number {
    return this.listeners.size;
  }

  interrupt(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): void {
    for (const listener of [...this.listeners]) listener(signal);
  }
}
