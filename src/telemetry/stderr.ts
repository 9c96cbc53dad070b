import { write, writeSync } from 'node:fs';
import { LogStream, type WriteText } from './log-stream.ts';

const STDERR = 2;
const AGAIN_MS = 50;
const LAST_WRITE_MS = 20;

/** stderr, written behind by another thread: a reader that has stopped reading stops that thread, not this one. */
export function stderrStream(): LogStream {
  const stream = new LogStream(writeText);
  process.on('exit', () => {
    const rest = stream.takeRest();
    // What is being written is out within a moment, unless nobody reads; then nothing would help.
    if (rest === undefined) Bun.sleepSync(LAST_WRITE_MS);
    if (rest === undefined || rest === '') return;
    try {
      writeSync(STDERR, rest);
    } catch {
      // Its reader is gone: nobody is left to tell.
    }
  });
  return stream;
}

const writeText: WriteText = (text, done) => writeFrom(Buffer.from(text), 0, done);

/** A pipe may take a part only; one that does not block says when it is full. */
function writeFrom(bytes: Buffer, from: number, done: Parameters<WriteText>[1]): void {
  write(STDERR, bytes, from, bytes.length - from, null, (error, written) => {
    if (error !== null && error.code === 'EAGAIN') {
      // biome-ignore lint/plugin: no decision depends on this time, and a log that cannot be written needs no clock
      setTimeout(() => writeFrom(bytes, from, done), AGAIN_MS).unref();
      return;
    }
    const next = from + (written ?? 0);
    if (error !== null || next >= bytes.length) done(error);
    else writeFrom(bytes, next, done);
  });
}
