import { connect } from 'node:net';
import type { Clock } from '../../shared/clock.ts';

const TIMEOUT_MS = 5_000;

/** Whether somebody accepts connections at the URL's host and port. Sends nothing. */
export function isReachable(url: URL, clock: Clock): Promise<boolean> {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (reachable: boolean) => {
      timer.cancel();
      socket.destroy();
      resolve(reachable);
    };
    const timer = clock.after(TIMEOUT_MS, () => settle(false));
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(false));
  });
}
