import { describe, expect, test } from 'bun:test';
import { LogStream } from './log-stream.ts';

/** A reader that reads when it is told to. */
function reader() {
  const written: string[] = [];
  const waiting: Array<() => void> = [];
  return {
    written,
    write: (text: string, done: (error: Error | null | undefined) => void) => {
      written.push(text);
      waiting.push(() => done(null));
    },
    read: () => waiting.shift()?.(),
  };
}

describe('a log that is read', () => {
  test('gets every line, in order, several at once when it is behind', () => {
    const { written, write, read } = reader();
    const stream = new LogStream(write);
    for (const line of ['a\n', 'b\n', 'c\n']) stream.write(line);
    expect(written).toEqual(['a\n']);
    read();
    expect(written).toEqual(['a\n', 'b\nc\n']);
    read();
    stream.write('d\n');
    expect(written.join('')).toBe('a\nb\nc\nd\n');
  });
});

describe('a log that nobody reads', () => {
  test('holds no more than its bound, and says later what was left out', () => {
    const { written, write, read } = reader();
    const stream = new LogStream(write, 100);
    const line = `${'x'.repeat(19)}\n`;
    for (let count = 0; count < 50; count++) stream.write(line);
    read();
    read();
    expect(written.join('')).toBe(line.repeat(5));
    stream.write('after\n');
    expect(written.at(-1)).toBe('{"level":"warn","lines_left_out":45,"msg":"nobody read the log"}\nafter\n');
  });

  test('gives its last words only when they would not wait for a reader', () => {
    const { write, read } = reader();
    const stream = new LogStream(write);
    stream.write('a\n');
    stream.write('b\n');
    expect(stream.takeRest()).toBeUndefined();
    read();
    read();
    expect(stream.takeRest()).toBe('');
  });
});

test('a reader that is gone ends nothing', () => {
  const stream = new LogStream((_text, done) => done(new Error('EPIPE')));
  expect(() => {
    for (let count = 0; count < 3; count++) stream.write('a\n');
  }).not.toThrow();
});
