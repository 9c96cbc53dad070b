import type { Admission } from '../gateway/admission.ts';
import { StreamBody } from '../gateway/body.ts';
import type { RequestBody } from '../gateway/command.ts';
import { envelopedError } from '../gateway/envelope.ts';
import { problemReply } from '../gateway/problem.ts';
import type { Reply } from '../gateway/reply.ts';
import type { Route } from '../gateway/route.ts';
import { Router } from '../gateway/router.ts';
import type { Handler } from '../gateway/stage.ts';
import type { FinishedNotes, UsageNotes } from '../gateway/stages/record.ts';
import type { Clock } from '../shared/clock.ts';
import { asGatewayError, GatewayError } from '../shared/errors.ts';
import type { AddressSet } from '../shared/ip.ts';
import type { RouteUsage, UsageRecorder } from '../usage/recorder.ts';
import type { UsageSample } from '../usage/rollup.ts';
import { Arrival, type Connections } from './arrival.ts';
import { IDLE_SECONDS } from './listener.ts';
import { type BodyRules, readBody } from './request-body.ts';
import type { RequestIds } from './request-id.ts';
import { type RequestTarget, requestTarget } from './request-target.ts';
import { plainResponse, toResponse } from './response.ts';

/** A route as the edge serves it. */
export interface ServedRoute extends Route {
  readonly admit: Admission;
  readonly handle: Handler;
  readonly bodyRules: BodyRules;
  readonly usage: RouteUsage;
}

/** What the gateway answers itself, by path. */
export type OwnPages = ReadonlyMap<string, (request: Request) => Reply | Promise<Reply>>;

export interface EdgeOptions {
  readonly clock: Clock;
  readonly ids: RequestIds;
  readonly routes: readonly ServedRoute[];
  readonly pages: OwnPages;
  readonly recorder: UsageRecorder;
  /** The usage ledger. */
  readonly ledger: UsageNotes | undefined;
  /** The last requests, for whoever looks at them. */
  readonly tail?: FinishedNotes | undefined;
  readonly trustedProxies: AddressSet;
  /** For the access log: a request that became no command. */
  readonly onRefusal: (error: GatewayError, requestId: string, sample: UsageSample) => void;
}

/**
 * The data plane: turns a request into a command of its route and the reply into a response. A request whose
 * answer is at hand is answered without a promise.
 */
export class Edge {
  private router: Router<ServedRoute>;
  private trustedProxies: AddressSet;
  private readonly unrouted: RouteUsage;
  /** While set, new calls are refused with `draining`; calls under way go on. */
  draining = false;

  constructor(private readonly options: EdgeOptions) {
    this.router = new Router(options.routes);
    this.trustedProxies = options.trustedProxies;
    this.unrouted = options.recorder.series('(none)', '(none)');
  }

  /** Other routes for the requests that come from now on. */
  configure(next: Pick<EdgeOptions, 'routes' | 'trustedProxies'>): void {
    this.router = new Router(next.routes);
    this.trustedProxies = next.trustedProxies;
  }

  readonly serve = (request: Request, connections: Connections): Response | Promise<Response> => {
    const { options } = this;
    const arrivedAtMs = options.clock.now();
    const id = options.ids.next(request.headers.get('x-request-id'));
    let route: ServedRoute | undefined;
    let path: string | undefined;
    try {
      // Bun joins repeated fields; two hosts are a request that two servers read differently (RFC 9112 §3.2).
      if (request.headers.get('host')?.includes(',')) {
        throw new GatewayError('invalid_request', { detail: 'The request has more than one `Host`.' });
      }
      const target = requestTarget(request.url);
      if (target === undefined) {
        throw new GatewayError('invalid_request', { detail: 'The request target is not a valid path.' });
      }
      path = target.path;
      const page = options.pages.get(path);
      if (page !== undefined) return this.own(page, request, id);
      if (this.draining) throw drainingError();
      route = this.router.match(request.method, target.path);
      const body = readBody(request, route.bodyRules);
      if (!(body instanceof Promise)) {
        return this.run(
          route,
          this.arrival(id, request, target, body, arrivedAtMs, connections),
          connections,
        );
      }
      const served = route;
      return body
        .then((whole) =>
          this.run(served, this.arrival(id, request, target, whole, arrivedAtMs, connections), connections),
        )
        .catch((error: unknown) => this.refuse(error, served, id, arrivedAtMs, request.method, target.path));
    } catch (error) {
      return this.refuse(error, route, id, arrivedAtMs, request.method, path);
    }
  };

  private arrival(
    id: string,
    request: Request,
    target: RequestTarget,
    body: RequestBody,
    arrivedAtMs: number,
    connections: Connections,
  ): Arrival {
    return new Arrival(id, request, target, body, arrivedAtMs, connections, this.trustedProxies);
  }

  private run(route: ServedRoute, arrival: Arrival, connections: Connections): Response | Promise<Response> {
    const command = route.admit(arrival);
    const reply = route.handle(command);
    if (!(reply instanceof Promise)) return toResponse(reply, command);
    // A connection that waits in the queue is not idle; once it has its answer it may be again.
    connections.timeout(arrival.abort, 0);
    return reply.then((answer) => {
      const idleAgain = () => connections.timeout(arrival.abort, IDLE_SECONDS);
      if (answer.body instanceof StreamBody) answer.body.onEnd(idleAgain);
      else idleAgain();
      return toResponse(answer, command);
    });
  }

  private own(
    page: (request: Request) => Reply | Promise<Reply>,
    request: Request,
    id: string,
  ): Response | Promise<Response> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const error = new GatewayError('method_not_allowed', {
        detail: 'This path takes GET, HEAD.',
        headers: [['Allow', 'GET, HEAD']],
      });
      return plainResponse(problemReply(error, id), id);
    }
    const reply = page(request);
    return reply instanceof Promise
      ? reply.then((answer) => plainResponse(answer, id))
      : plainResponse(reply, id);
  }

  /** A request that became no command: it is counted all the same. */
  private refuse(
    thrown: unknown,
    route: ServedRoute | undefined,
    id: string,
    arrivedAtMs: number,
    method: string,
    path: string | undefined,
  ): Response {
    const { clock, recorder, ledger, tail, onRefusal } = this.options;
    const error = asGatewayError(thrown);
    const reply = route?.config.envelope === 'status' ? envelopedError(error) : problemReply(error, id);
    const usage = route?.usage ?? this.unrouted;
    const endedMs = clock.now();
    const sample: UsageSample = {
      route: usage.route,
      upstream: usage.upstream,
      // Nobody was identified, and a path that no route takes may be anything.
      client: NOBODY,
      path: usage.route,
      method: KNOWN_METHODS.has(method) ? method : 'other',
      outcome: 'refused',
      status: reply.status,
      bytes: reply.body instanceof Uint8Array ? reply.body.byteLength : 0,
      totalMs: endedMs - arrivedAtMs,
      queueMs: undefined,
      upstreamMs: undefined,
      attempts: 0,
      cache: 'none',
      errorCode: error.code,
    };
    recorder.record(usage, sample);
    ledger?.record(sample);
    tail?.note(sample, id, path ?? usage.route, undefined, endedMs);
    onRefusal(error, id, sample);
    return plainResponse(reply, id);
  }
}

const NOBODY = '(none)';

/** Anything else may be made up: a label set of its own for everybody who tries. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

function drainingError(): GatewayError {
  return new GatewayError('draining', {
    detail: 'This process takes no new calls.',
    headers: [['Connection', 'close']],
  });
}
