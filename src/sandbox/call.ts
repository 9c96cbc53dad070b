import type { ServerResponse } from 'node:http';
import type { Clock } from '../shared/clock.ts';
import type { Answer } from './answers.ts';
import type { Arrival } from './arrival-log.ts';
import type { Endpoint, Totals } from './report.ts';

/** A counted call on its way to its one answer, or to none. */
export class Call {
  constructor(
    readonly endpoint: Endpoint,
    /** Without the query. */
    readonly path: string,
    private readonly response: ServerResponse,
    /** Those of the trial that the call arrived in: a reset in between leaves the new one alone. */
    private readonly totals: Totals,
    private readonly arrival?: Arrival,
  ) {
    totals.called(endpoint);
  }

  /** Runs `next` after `delayMs`, unless the caller leaves before. */
  after(clock: Clock, delayMs: number, next: () => void): void {
    if (delayMs <= 0) {
      next();
      return;
    }
    const leave = () => {
      timer.cancel();
      this.leaveUnanswered();
    };
    const timer = clock.after(delayMs, () => {
      this.response.off('close', leave);
      next();
    });
    this.response.once('close', leave);
  }

  send(answer: Answer): void {
    this.settle(answer.status);
    writeAnswer(this.response, answer);
  }

  /** Promises the whole body, sends half of it and ends the connection. */
  sendHalf(answer: Answer): void {
    const status = answer.body === undefined ? 200 : answer.status;
    this.settle(status);
    const body = Buffer.from(JSON.stringify(answer.body ?? {}));
    this.response.writeHead(status, { ...contentHeaders(body), ...answer.headers });
    this.response.write(body.subarray(0, body.length >> 1), () => this.response.socket?.destroySoon());
  }

  /** Ends the connection without an answer: by a TCP reset, or, over TLS, by closing it without a word. */
  reset(): void {
    this.leaveUnanswered();
    const socket = this.response.socket;
    if (socket === null) return;
    // Bun cannot reset a TLS socket, and its server's is no instance of TLSSocket.
    if ('encrypted' in socket && socket.encrypted === true) socket.destroy();
    else socket.resetAndDestroy();
  }

  leaveUnanswered(): void {
    this.settle(null);
  }

  private settle(status: number | null): void {
    this.totals.answered(this.endpoint, status ?? 'none');
    if (this.arrival !== undefined) this.arrival.status = status;
  }
}

export function writeAnswer(response: ServerResponse, answer: Answer): void {
  if (answer.body === undefined) {
    response.writeHead(answer.status, { ...answer.headers });
    response.end();
    return;
  }
  const body = Buffer.from(JSON.stringify(answer.body));
  response.writeHead(answer.status, { ...contentHeaders(body), ...answer.headers });
  response.end(body);
}

function contentHeaders(body: Buffer) {
  return { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
}
