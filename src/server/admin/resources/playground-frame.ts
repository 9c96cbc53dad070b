import type { z } from '@hono/zod-openapi';
import { SHOWN_BYTES, SHOWN_MARGIN_BYTES } from '../../../caller/answer-body.ts';
import { type CallAnswer, type CallEvent, serverTimings } from '../../../caller/single-call.ts';
import { maskNumbers } from '../../../shared/mask-numbers.ts';
import { roundMs } from '../wall-time.ts';
import type { playgroundEvents } from './playground-view.ts';

type Data<Kind extends keyof typeof playgroundEvents> = z.output<(typeof playgroundEvents)[Kind]>;

/** Headers whose value is a secret by their usual meaning. */
const SECRET = /cookie|authorization|token|secret|api-?key/i;

const encoder = new TextEncoder();

/** A comment: nobody is told of it. */
export const KEEP_ALIVE = encoder.encode(':\n\n');

/** One server-sent event. */
export function eventFrame<Kind extends keyof typeof playgroundEvents>(
  kind: Kind,
  data: Data<Kind>,
): Uint8Array {
  return encoder.encode(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
}

export function playgroundFrame(event: CallEvent): Uint8Array {
  const at_ms = roundMs(event.atMs);
  switch (event.kind) {
    case 'queued': {
      const { position, etaMs } = event;
      return eventFrame('queued', { at_ms, position, eta_ms: etaMs === undefined ? null : roundMs(etaMs) });
    }
    case 'sent':
      return eventFrame('sent', { at_ms });
    case 'failed':
      return eventFrame('failed', { at_ms, code: event.code });
    case 'answered':
      return eventFrame('answered', answered(event, at_ms));
  }
}

function answered(answer: CallAnswer, at_ms: number): Data<'answered'> {
  const { status, body, bodyBytes } = answer;
  const cache = answer.headers.filter(([name]) => name.toLowerCase() === 'cache-status');
  return {
    at_ms,
    status,
    headers: answer.headers.map(([name, value]): [string, string] => [
      name,
      SECRET.test(name) ? '***' : maskNumbers(value),
    ]),
    body: body.text === undefined ? `(${bodyBytes} bytes that are no text)` : masked(body.text, body.cut),
    body_bytes: bodyBytes,
    body_cut: body.cut,
    timing: [
      ...serverTimings(answer).map(({ name, ms }) => ({ name: maskNumbers(name), ms })),
      { name: 'total', ms: at_ms },
    ],
    cache: cache.length === 0 ? null : maskNumbers(cache.map(([, value]) => value).join(', ')),
  };
}

/** Masked before it is cut, and cut so that no number is torn apart and stands there half. */
function masked(text: string, cut: boolean): string {
  const shown = maskNumbers(text);
  return cut ? shown.slice(0, Math.min(SHOWN_BYTES, shown.length - SHOWN_MARGIN_BYTES)) : shown;
}
