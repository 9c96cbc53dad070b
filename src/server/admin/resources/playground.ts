import { MOST_CALLS } from '../../../caller/call-desk.ts';
import { routeRequest } from '../../../caller/route-request.ts';
import { namesTo, section } from '../../../config/schema/section.ts';
import { integer, refuse, textField } from '../input/fields.ts';
import { ListenerStream } from '../live/listener-stream.ts';
import { operation } from '../operation.ts';
import type { AdminPorts, UpstreamPort } from '../ports.ts';
import { AdminProblem, invalid } from '../problems.ts';
import { calledRoute, clientField, routeFields } from './called-route.ts';
import { eventFrame, KEEP_ALIVE, playgroundFrame } from './playground-frame.ts';
import { playgroundEvents } from './playground-view.ts';

/** A stream on which nothing comes for long is taken for dead on its way. */
const KEEP_ALIVE_MS = 15_000;

/** What the connection and this API decide, not the request. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);

const headerValue = textField<string>({
  expected: 'a header’s value of at most 1,024 characters',
  document: { type: 'string', maxLength: 1_024, description: 'Its value.' },
  read(text) {
    if (/[^\t\x20-\x7e\xa0-\xff]/.test(text))
      return refuse('must consist of characters that a header can carry');
    return text.length <= 1_024 ? text : undefined;
  },
});

const playgroundRequest = section({
  ...routeFields,
  client: clientField.optional(),
  priority: integer('RFC 9218: 0 most urgent … 7 least. Absent: nothing is said.', {
    min: 0,
    max: 7,
  }).optional(),
  headers: namesTo(
    { pattern: /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, expected: 'a header’s name' },
    headerValue,
    32,
  )
    .prefault({})
    .openapi({ description: 'Further request headers.' }),
}).openapi('PlaygroundRequest');

/** Single requests, as a client sends them. */
export const playgroundOperations = [
  operation(
    {
      id: 'sendRequest',
      method: 'POST',
      path: '/playground',
      tag: 'playground',
      summary: 'Send one request through the front door, and follow it',
      description:
        'Server-sent events: `accepted`, `queued` whenever its place has changed, `sent`, and last `answered` or `failed`. An answer without its upstream (cache, refusal) is never `sent`. The request ends with the stream. Values of parameters are not checked here: the gateway’s answer is what is asked for.',
      body: playgroundRequest,
      answers: [{ status: 200, description: 'The life of the request.', events: playgroundEvents }],
      errors: ['conflict'],
    },
    ({ ports, body, signal }) => {
      const called = calledRoute(ports, body);
      const { config, method, upstream, timeoutMs } = called;
      const request = routeRequest(ports.dataPlaneUrl(), config, {
        method,
        rest: body.path,
        params: body.params,
        client: body.client,
        urgency: body.priority,
        headers: lowerCased(body.headers),
        body: body.body,
      });
      const gone = new AbortController();
      const stream = new ListenerStream(() => gone.abort());
      const followed = ports.calls.follow(request, {
        timeoutMs,
        signal: gone.signal,
        place: (requestId) => placeOf(upstream, requestId),
        onEvent: (event) => stream.send(playgroundFrame(event)),
      });
      if (followed === undefined) {
        throw new AdminProblem('conflict', {
          detail: `${MOST_CALLS} requests of the playground are under way; wait for one to end.`,
        });
      }
      const accepted = { request_id: followed.requestId, upstream: config.upstream, method };
      stream.send(eventFrame('accepted', accepted));
      stream.endWith(signal);
      keepAlive(ports, stream, followed.ended);
      return new Response(stream.body, { headers: { 'Content-Type': 'text/event-stream' } });
    },
  ),
];

/** Keeps the stream alive until the request has ended, and then ends it. */
function keepAlive({ clock, onDefect }: AdminPorts, stream: ListenerStream, ended: Promise<void>): void {
  let timer = clock.after(KEEP_ALIVE_MS, beat);
  function beat(): void {
    stream.send(KEEP_ALIVE);
    timer = clock.after(KEEP_ALIVE_MS, beat);
  }
  ended
    .catch((error: unknown) => onDefect(error, 'playground'))
    .finally(() => {
      timer.cancel();
      stream.close();
    });
}

async function placeOf({ gate }: UpstreamPort, requestId: string) {
  const ticket = await gate.find(requestId);
  return ticket === undefined ? undefined : { position: ticket.position, etaMs: ticket.etaMs };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  const lowered: Record<string, string> = {};
  const errors = [];
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (OWN_HEADERS.has(lower)) errors.push({ field: `headers.${name}`, message: 'cannot be set here' });
    lowered[lower] = value;
  }
  if (errors.length > 0) throw invalid(errors);
  return lowered;
}
