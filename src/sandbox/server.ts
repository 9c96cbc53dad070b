import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Clock } from '../shared/clock.ts';
import { type Random, systemRandom } from '../shared/random.ts';
import type { Rate } from '../shared/units.ts';
import {
  type Answer,
  badBodyAnswer,
  catalogAnswer,
  externalAnswer,
  externalFailure,
  failureAnswer,
  methodNotAllowed,
  notFound,
  scoreAnswer,
  violationAnswer,
} from './answers.ts';
import { Call, writeAnswer } from './call.ts';
import { controlAnswer } from './control.ts';
import { checkFaults, FaultInjector, type FaultSettings } from './faults.ts';
import { Judge } from './judge.ts';
import { readBody } from './read-body.ts';
import { buildReport, type ReportQuery, type SandboxReport, SCORE_PATH, Totals } from './report.ts';

export interface SandboxOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The judge's own clock. */
  readonly clock: Clock;
  readonly random?: Random;
  /** Share of `POST /external-api/process` calls that fail with 500: 0 to 1. */
  readonly externalFailRate: number;
  /** How long `POST /external-api/process` takes. */
  readonly externalLatencyMs: number;
  /** What `GET /api/score` allows over all clients; `1 per 1s` by default. */
  readonly scoreRate?: Rate;
  /** What a violation adds to the time at which calls are allowed again; 2,000 by default. */
  readonly penaltyMs?: number;
  /** PEM texts; serves HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface Sandbox {
  /** Where it can be called, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  report(query?: ReportQuery): SandboxReport;
  /** Replaces the faults; `{}` clears. Throws a RangeError that names the field. */
  setFaults(faults: FaultSettings): void;
  /** Forgets every arrival, penalty and total. Faults stay. */
  reset(): void;
  /** Closes the port and every connection, answered or not. */
  stop(): Promise<void>;
}

const EXTERNAL_PATH = '/external-api/process';
/**
 * An idle connection is the caller's to close: the sandbox must not race it. (One on which nothing was ever sent is
 * closed by Bun after 12 s, whatever is configured.)
 */
const KEEP_ALIVE_MS = 3_600_000;

/**
 * Starts the simulated upstream: a real HTTP server that judges its callers by its own clock, with code that it
 * shares with nobody. Rejects when the port cannot be had (`code` is the system's: `EADDRINUSE`, …).
 *
 * Arrival times are taken first thing when a GET's headers have been read. `POST` counts when its body has been
 * read too. The verdict goes before everything else: a call that comes too early gets 429 whatever it asks for and
 * whatever faults are set.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, externalFailRate, externalLatencyMs } = options;
  if (!(externalFailRate >= 0 && externalFailRate <= 1)) {
    throw new RangeError(`externalFailRate must be 0 to 1, got ${externalFailRate}`);
  }
  if (!(externalLatencyMs >= 0 && Number.isFinite(externalLatencyMs))) {
    throw new RangeError(`externalLatencyMs must be 0 or more, got ${externalLatencyMs}`);
  }
  const random = options.random ?? systemRandom;
  const rate = options.scoreRate ?? { count: 1, windowMs: 1_000 };
  const faults = new FaultInjector(random);
  let processed = 0;
  let trial = newTrial();

  function newTrial() {
    const judge = new Judge({ rate, penaltyMs: options.penaltyMs ?? 2_000 }, clock.now());
    return { judge, totals: new Totals(), startedAt: new Date(clock.wallNow()).toISOString() };
  }

  const control = {
    faults,
    report: (query?: ReportQuery) =>
      buildReport(trial.judge, trial.totals, trial.startedAt, clock.now(), query),
    reset() {
      trial = newTrial();
    },
  };

  /** Answers as the faults have it: late, with a failure, in half, or not at all. */
  function reply(call: Call, answer: Answer): void {
    const fate = faults.draw(call.path);
    call.after(clock, fate.delayMs, () => {
      switch (fate.kind) {
        case 'answer':
          call.send(answer);
          break;
        case 'fail':
          call.send(failureAnswer(fate.status, fate.retryAfterSeconds));
          break;
        case 'truncate':
          call.sendHalf(answer);
          break;
        case 'reset':
          call.reset();
          break;
        case 'hang':
          call.leaveUnanswered();
          break;
      }
    });
  }

  function score(request: IncomingMessage, response: ServerResponse, search: string, atMs: number): void {
    const verdict = trial.judge.arrive(atMs);
    const call = new Call('score', SCORE_PATH, response, trial.totals, verdict.arrival);
    if (verdict.arrival.violation) {
      call.send(violationAnswer(verdict));
      return;
    }
    const clientId = request.headers['client-id'];
    const cpf = new URLSearchParams(search).get('cpf');
    reply(call, scoreAnswer(typeof clientId === 'string' ? clientId : undefined, cpf));
  }

  async function external(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body.kind === 'gone') return;
    const call = new Call('external', EXTERNAL_PATH, response, trial.totals);
    if (body.kind !== 'json') {
      call.send(badBodyAnswer(body.kind));
      return;
    }
    const fails = random.next() < externalFailRate;
    processed += 1;
    const answer = fails ? externalFailure : externalAnswer(body.value, processed);
    call.after(clock, externalLatencyMs, () => reply(call, answer));
  }

  function other(request: IncomingMessage, response: ServerResponse, path: string): void {
    const answer = catalogAnswer(path, request.headers['if-none-match']);
    const call = new Call(answer === undefined ? 'other' : 'catalog', path, response, trial.totals);
    if (path === SCORE_PATH) call.send(methodNotAllowed('GET'));
    else if (path === EXTERNAL_PATH) call.send(methodNotAllowed('POST'));
    else if (answer === undefined) reply(call, notFound);
    else if (request.method === 'GET' || request.method === 'HEAD') reply(call, answer);
    else call.send(methodNotAllowed('GET, HEAD'));
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const atMs = clock.now();
    // RFC 9112 section 3.2.2: a server takes the absolute form of a target too.
    const target = (request.url ?? '/').replace(/^https?:\/\/[^/]*/i, '');
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const search = mark === -1 ? '' : target.slice(mark + 1);
    // A caller that leaves in the middle is its own business, not the end of the process.
    request.on('error', () => {});
    response.on('error', () => {});
    if (path === SCORE_PATH && request.method === 'GET') {
      score(request, response, search, atMs);
    } else if (path === EXTERNAL_PATH && request.method === 'POST') {
      void external(request, response);
    } else if (path.startsWith('/sandbox/')) {
      void controlAnswer(control, request, path, search).then((answer) => writeAnswer(response, answer));
    } else {
      other(request, response, path);
    }
  }

  const server = options.tls === undefined ? createServer(handle) : createTlsServer(options.tls, handle);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.listen.port, options.listen.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.listen.port;

  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${hostForUrl(options.listen.host)}:${port}`,
    port,
    report: control.report,
    reset: control.reset,
    setFaults(settings) {
      const check = checkFaults(settings);
      if (!check.ok) throw new RangeError(check.message);
      faults.set(check.faults);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A wildcard address can be listened at, not called. */
function hostForUrl(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
