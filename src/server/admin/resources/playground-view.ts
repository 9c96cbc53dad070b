import { z } from '@hono/zod-openapi';

const count = z.number().int();
const ms = z.number().describe('In ms.');
const at = ms.describe('From the moment the request was sent, in ms.');

/**
 * What the playground’s stream carries: the life of one request. `accepted`, then `queued` whenever its place has
 * changed, `sent` once it left the queue, and last `answered` or `failed`.
 */
export const playgroundEvents = {
  accepted: z
    .object({ request_id: z.string(), upstream: z.string(), method: z.string() })
    .openapi('PlaygroundAccepted'),
  queued: z
    .object({ at_ms: at, position: count.describe('0 goes next.'), eta_ms: ms.nullable() })
    .openapi('PlaygroundQueued'),
  sent: z.object({ at_ms: at }).openapi('PlaygroundSent'),
  answered: z
    .object({
      at_ms: at,
      status: count,
      headers: z.array(z.tuple([z.string(), z.string()])),
      body: z.string().describe('Tax ids are masked. Bytes that are no text are told as their number.'),
      body_bytes: count,
      body_cut: z.boolean().describe('Only the first 64 kB are here.'),
      timing: z
        .array(z.object({ name: z.string(), ms }))
        .describe('Of `Server-Timing`, and `total` as measured here.'),
      cache: z.string().nullable().describe('`Cache-Status`.'),
    })
    .openapi('PlaygroundAnswered'),
  failed: z
    .object({ at_ms: at, code: z.string().describe('Such as `connection_refused`, `timeout`.') })
    .openapi('PlaygroundFailed'),
} as const;
