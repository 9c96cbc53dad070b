import net from 'node:net';

/** Writes bytes to a port and gives back everything that came until the other side closed, or fell silent. */
export function rawRequest(url: string, bytes: string | Buffer, silenceMs = 400): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      text += data;
    });
    socket.setTimeout(silenceMs, done);
    socket.on('error', done);
    socket.on('close', done);
  });
}

/** The status of a raw answer; undefined when nothing came. */
export const statusOf = (raw: string): number | undefined => {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(raw)?.[1];
  return status === undefined ? undefined : Number(status);
};

/** The value of each field of that name in a raw answer, in order. */
export function fieldsOf(raw: string, name: string): string[] {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
  return [...head.matchAll(new RegExp(`^${name}: *(.*)$`, 'gim'))].map(([, value]) => value!.trim());
}

export const bodyOf = (raw: string): string => raw.slice(raw.indexOf('\r\n\r\n') + 4);
