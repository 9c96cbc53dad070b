import pino, { type DestinationStream, type Logger } from 'pino';
import { maskNumbers } from '../shared/mask-numbers.ts';
import { stderrStream } from './stderr.ts';

export type Log = Logger;

/**
 * Structured logs, one JSON object a line, on stderr: stdout belongs to data. Header values and secrets never reach
 * it: only the fields that the callers name are logged, and these names are masked wherever they turn up.
 */
export function createLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          'token',
          'authorization',
          'cookie',
          'password',
          'secret',
          '*.token',
          '*.authorization',
          '*.cookie',
        ],
        censor: '***',
      },
      serializers: { err: causeOf },
    },
    destination ?? stderrStream(),
  );
}

/** An error for the log: its code, its message, and a stack only where it is a defect of ours. */
export function causeOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = (error as { code?: unknown }).code;
  const expected = typeof code === 'string';
  return {
    type: error.name,
    message: maskText(error.message),
    ...(expected ? { code } : { stack: maskText(error.stack ?? '') }),
    ...(error.cause === undefined ? {} : { cause: causeOf(error.cause) }),
  };
}

/** A runtime error may quote the URL that it failed on: what stands in its query is nobody's business. */
function maskText(text: string): string {
  return maskNumbers(text.replace(/(https?:\/\/[^\s"'?]*)\?[^\s"']*/gi, '$1?***'));
}
