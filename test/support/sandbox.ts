import type { SandboxReport } from '../../src/sandbox/report.ts';
import { readUntil, spawnCli } from './cli.ts';

export interface TestSandbox {
  readonly url: string;
  report(sinceMs?: number): Promise<SandboxReport>;
  setFaults(faults: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
}

/** `comporta sandbox` as a process of its own, on a free port, with further flags. */
export async function startTestSandbox(...flags: string[]): Promise<TestSandbox> {
  const child = spawnCli(['sandbox', '--listen', '127.0.0.1:0', ...flags]);
  const said = await readUntil(child.stderr, /http:\/\/[\d.]+:\d+/);
  const url = /http:\/\/[\d.]+:\d+/.exec(said)![0];
  return {
    url,
    report: async (sinceMs) => {
      const query = sinceMs === undefined ? '' : `?since=${sinceMs}`;
      return (await fetch(`${url}/sandbox/report${query}`)).json() as Promise<SandboxReport>;
    },
    setFaults: async (faults) => {
      const answer = await fetch(`${url}/sandbox/faults`, { method: 'PUT', body: JSON.stringify(faults) });
      if (answer.status !== 200) throw new Error(await answer.text());
    },
    stop: async () => {
      child.kill('SIGTERM');
      await child.exited;
    },
  };
}
