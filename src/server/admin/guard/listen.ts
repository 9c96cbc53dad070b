import { canonicalIp } from '../../../shared/ip.ts';

/** Whether only this machine can reach what listens there: `localhost`, 127.0.0.0/8, `::1`. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const ip = canonicalIp(host);
  return ip === '::1' || ip?.startsWith('127.') === true;
}

/**
 * Why the admin API must not start on this address, or undefined when it may: without a token, whoever reaches it
 * may do everything, so only this machine may reach it.
 */
export function adminListenProblem(
  listen: { readonly host: string; readonly port: number },
  hasToken: boolean,
): string | undefined {
  if (hasToken || isLoopback(listen.host)) return undefined;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `the admin API must not listen on ${host}:${listen.port} without a token: everybody who reaches the address could change everything. Set \`admin.token\` (ADMIN_TOKEN), or listen on 127.0.0.1:${listen.port}.`;
}
