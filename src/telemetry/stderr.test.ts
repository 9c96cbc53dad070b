import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { piece } from './stderr.ts';

/** As `--processes` has it: several processes write to one stderr. */
const WRITER = `
  import { stderrStream } from ${JSON.stringify(join(import.meta.dir, 'stderr.ts'))};
  const log = stderrStream();
  const name = String(process.pid);
  // A second of a busy gateway: many lines between two turns of the loop.
  for (let round = 0; round < 12; round++) {
    for (let line = 0; line < 3000; line++) log.write(JSON.stringify({ name, round, line, pad: 'x'.repeat(200) }) + '\\n');
    await Bun.sleep(150);
  }
  await Bun.sleep(1500);
`;

test('lines of processes that share a pipe stay whole', async () => {
  const parent = Bun.spawn({
    cmd: [
      process.execPath,
      '-e',
      `const kids = [1, 2].map((n) => Bun.spawn({ cmd: [process.execPath, '-e', ${JSON.stringify(WRITER)}], stdout: 'inherit', stderr: 'inherit', stdin: 'ignore' })); await Promise.all(kids.map((k) => k.exited));`,
    ],
    stdout: 'ignore',
    stderr: 'pipe',
    stdin: 'ignore',
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of parent.stderr) {
    text += decoder.decode(chunk, { stream: true });
    await Bun.sleep(2);
  }
  await parent.exited;
  const isBroken = (line: string): boolean => {
    try {
      JSON.parse(line);
      return false;
    } catch {
      return true;
    }
  };
  const broken = text.split('\n').filter((line) => line !== '' && isBroken(line));
  expect(text.length).toBeGreaterThan(1_000_000);
  expect(broken.length).toBe(0);
}, 60_000);

test('a piece ends where a line does, and holds no more than a pipe takes as a whole', () => {
  const lines = [3_000, 1_000, 500, 5_000, 10].map((length) => `${'x'.repeat(length - 1)}\n`);
  const bytes = Buffer.from(lines.join(''));
  const pieces: number[] = [];
  for (let from = 0; from < bytes.length; from += pieces.at(-1)!) pieces.push(piece(bytes, from));
  // The one of 5,000 bytes cannot be whole in any case.
  expect(pieces).toEqual([4_000, 500, 5_000, 10]);
});

test('a text without an end of a line goes out all the same', () => {
  expect(piece(Buffer.from('x'.repeat(10_000)), 0)).toBe(10_000);
});
