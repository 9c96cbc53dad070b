import { write, writeSync } from 'node:fs';
import { LogStream, type WriteText } from './log-stream.ts';

const STDERR = 2;
const AGAIN_MS = 50;
const LAST_WRITE_MS = 20;
/** What a pipe takes as a whole (PIPE_BUF of Linux), whoever else writes to it: other processes of one parent do. */
const WHOLE_BYTES = 4_096;
const LINE_FEED = 10;

/** stderr, written behind by another thread: a reader that has stopped reading stops that thread, not this one. */
export function stderrStream(): LogStream {
  const stream = new LogStream(writeText);
  process.on('exit', () => {
    const rest = stream.takeRest();
    // What is being written is out within a moment, unless nobody reads; then nothing would help.
    if (rest === undefined) Bun.sleepSync(LAST_WRITE_MS);
    if (rest === undefined || rest === '') return;
    const bytes = Buffer.from(rest);
    try {
      for (let from = 0; from < bytes.length; ) from += writeSync(STDERR, bytes, from, piece(bytes, from));
    } catch {
      // Its reader is gone: nobody is left to tell.
    }
  });
  return stream;
}

const writeText: WriteText = (text, done) => writeFrom(Buffer.from(text), 0, done);

/** How many bytes to write next: as many lines as go out in one piece; of a longer line, all of it. */
export function piece(bytes: Buffer, from: number): number {
  const most = from + WHOLE_BYTES;
  if (bytes.length <= most) return bytes.length - from;
  const last = bytes.lastIndexOf(LINE_FEED, most - 1);
  const end = last >= from ? last : bytes.indexOf(LINE_FEED, most);
  return (end < 0 ? bytes.length : end + 1) - from;
}

/** A pipe may take a part only; one that does not block says when it is full. */
function writeFrom(bytes: Buffer, from: number, done: Parameters<WriteText>[1]): void {
  write(STDERR, bytes, from, piece(bytes, from), null, (error, written) => {
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
