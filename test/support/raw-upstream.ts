import net from 'node:net';

/** A request as its bytes arrived. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Header lines as written, in order. */
  readonly headerLines: readonly string[];
  readonly body: string;
  /** Milliseconds since the upstream was started, when the whole request had been read. */
  readonly atMs: number;
  /** 1 for the first request of a connection. */
  readonly onConnection: number;
}

export interface RawUpstream {
  readonly url: string;
  readonly port: number;
  readonly requests: RawRequest[];
  /** Connections that were ever opened. */
  readonly connections: () => number;
  stop(): void;
}

/**
 * An upstream that speaks bytes: what it got is kept exactly, and what it answers is written as given. For bodies
 * with Content-Length or chunked encoding.
 */
export async function startRawUpstream(
  answer: (request: RawRequest, socket: net.Socket) => void,
): Promise<RawUpstream> {
  const startedAtMs = performance.now();
  const requests: RawRequest[] = [];
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    sockets.add(socket);
    let buffered = '';
    let count = 0;
    socket.setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      buffered += data;
      for (;;) {
        const taken = takeRequest(buffered);
        if (taken === undefined) return;
        buffered = taken.rest;
        const request = { ...taken.request, atMs: performance.now() - startedAtMs, onConnection: ++count };
        requests.push(request);
        answer(request, socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function takeRequest(
  text: string,
): { request: Omit<RawRequest, 'atMs' | 'onConnection'>; rest: string } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [requestLine = '', ...headerLines] = text.slice(0, end).split('\r\n');
  const [method = '', target = ''] = requestLine.split(' ');
  const after = text.slice(end + 4);
  const length = /^content-length:\s*(\d+)/im.exec(headerLines.join('\n'))?.[1];
  if (/^transfer-encoding:\s*chunked/im.test(headerLines.join('\n'))) {
    const last = after.indexOf('0\r\n\r\n');
    if (last === -1) return undefined;
    return {
      request: { method, target, headerLines, body: unchunk(after.slice(0, last)) },
      rest: after.slice(last + 5),
    };
  }
  const bytes = Number(length ?? 0);
  if (after.length < bytes) return undefined;
  return { request: { method, target, headerLines, body: after.slice(0, bytes) }, rest: after.slice(bytes) };
}

function unchunk(text: string): string {
  let body = '';
  let at = 0;
  while (at < text.length) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
  return body;
}

/** A plain answer that keeps the connection. */
export function ok(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\n${headers}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
