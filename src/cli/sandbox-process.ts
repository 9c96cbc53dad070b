import { fileURLToPath } from 'node:url';
import type { Config } from '../config/schema.ts';
import { formatDuration } from '../shared/units.ts';

/** The sandbox in a process of its own. */
export interface SandboxProcess {
  readonly url: string;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/**
 * Starts the sandbox as a child process. It judges the gateway's timing, so it must not share its event loop: a
 * pause of one would move the other's clock along with it. The child ends when its stdin does, so it never outlives
 * the gateway. Rejects with what it said when it could not start.
 */
export async function startSandboxProcess(settings: Config['sandbox']): Promise<SandboxProcess> {
  const { listen, externalFailRate, externalLatencyMs } = settings;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  const child = Bun.spawn({
    cmd: [
      process.execPath,
      MAIN,
      'sandbox',
      '--quit-with-parent',
      '--listen',
      `${host}:${listen.port}`,
      '--external-fail-rate',
      String(externalFailRate),
      '--external-latency',
      formatDuration(externalLatencyMs),
    ],
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    // Ctrl-C goes to the gateway alone, so that calls under way still find their upstream while it drains.
    detached: true,
  });
  const line = await firstLine(child.stdout);
  if (line === undefined) {
    const said = (await new Response(child.stderr).text()).trim();
    throw new Error(said === '' ? 'the sandbox ended at its start' : said);
  }
  const { sandbox } = JSON.parse(line) as { sandbox: string };
  return {
    url: sandbox,
    stop: async () => {
      child.stdin.end();
      await child.exited;
    },
  };
}

/** The first line of a stream; undefined when it ends without one. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    text += decoder.decode(value, { stream: true });
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
  }
}
