/** How a parent tells a process that it is one of several, in its environment: flags are for people. */
const PLACE = 'COMPORTA_PLACE';

/** What one of several processes is told by the one that started it. */
export interface Place {
  /** Whether it has the admin API. */
  readonly admin: boolean;
  /** Where upstreams that say `sandbox:` lead. */
  readonly sandboxUrl: string | undefined;
}

/** What a process says to its parent once it listens. */
export interface ReadyMessage {
  readonly ready: true;
  readonly url: string;
  readonly adminUrl: string | undefined;
  readonly stateUp: boolean;
}

export function placeEnvironment(place: Place): Record<string, string> {
  return { [PLACE]: JSON.stringify(place) };
}

/** Undefined: this process was started by somebody else, and is the only one. */
export function childPlace(env: Readonly<Record<string, string | undefined>>): Place | undefined {
  const written = env[PLACE];
  // A variable that was left behind by chance has no parent to talk to.
  if (written === undefined || process.send === undefined) return undefined;
  const { admin, sandboxUrl } = JSON.parse(written) as Place;
  return { admin, sandboxUrl };
}

export function sayReady(gateway: {
  readonly url: string;
  readonly adminUrl: string | undefined;
  readonly stateStatus: { readonly kind: 'memory' } | { readonly kind: 'redis'; readonly up: boolean };
}): void {
  const { url, adminUrl, stateStatus } = gateway;
  const stateUp = stateStatus.kind === 'memory' || stateStatus.up;
  const message: ReadyMessage = { ready: true, url, adminUrl, stateUp };
  process.send?.(message);
}

export function untilParentGone(then: () => void): void {
  process.once('disconnect', then);
}
