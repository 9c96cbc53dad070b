import type { PlaygroundEvents } from '../../api/types.ts';

export type Answer = PlaygroundEvents['answered'];

/** Where a request waits, and when that was told (ms of this page's monotonic clock). */
export interface QueuePlace {
  /** 0 goes next. */
  readonly position: number;
  readonly etaMs: number | null;
  readonly toldAtMs: number;
}

/** How a request ended. */
export type CallEnd =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** `code`: such as `timeout`. */
  | { readonly kind: 'failed'; readonly atMs: number; readonly code: string }
  /** By the person who had sent it. */
  | { readonly kind: 'cancelled' }
  /** Never made: the admin API refused it, or the stream broke. */
  | { readonly kind: 'refused'; readonly error: unknown };

/** What is known of one request so far. Times are ms since it was sent, where nothing else is said. */
export interface CallLife {
  readonly requestId: string | undefined;
  readonly upstream: string | undefined;
  /** Where it stood first; undefined: it never waited. */
  readonly firstPosition: number | undefined;
  readonly place: QueuePlace | undefined;
  readonly sentAtMs: number | undefined;
  readonly end: CallEnd | undefined;
}

export const NEW_LIFE: CallLife = {
  requestId: undefined,
  upstream: undefined,
  firstPosition: undefined,
  place: undefined,
  sentAtMs: undefined,
  end: undefined,
};

/** The life after one event of the stream. What comes after the end, and events of other names, change nothing. */
export function afterEvent(life: CallLife, name: string, data: string, nowMs: number): CallLife {
  if (life.end !== undefined) return life;
  switch (name) {
    case 'accepted': {
      const { request_id: requestId, upstream } = read<'accepted'>(data);
      return { ...life, requestId, upstream };
    }
    case 'queued': {
      const { position, eta_ms: etaMs } = read<'queued'>(data);
      const firstPosition = life.firstPosition ?? position;
      return { ...life, firstPosition, place: { position, etaMs, toldAtMs: nowMs } };
    }
    case 'sent':
      return { ...life, sentAtMs: read<'sent'>(data).at_ms };
    case 'answered':
      return { ...life, end: { kind: 'answered', answer: read<'answered'>(data) } };
    case 'failed': {
      const { at_ms: atMs, code } = read<'failed'>(data);
      return { ...life, end: { kind: 'failed', atMs, code } };
    }
    default:
      return life;
  }
}

function read<Name extends keyof PlaygroundEvents>(data: string): PlaygroundEvents[Name] {
  return JSON.parse(data) as PlaygroundEvents[Name];
}

/** How long it still waits, as far as one can tell: it ticks down between two events. Undefined: nobody knows. */
export function etaLeftMs({ etaMs, toldAtMs }: QueuePlace, nowMs: number): number | undefined {
  return etaMs === null ? undefined : Math.max(0, etaMs - (nowMs - toldAtMs));
}

/** Where it is now. */
export type CallPhase = 'sending' | 'queued' | 'sent' | CallEnd['kind'];

export function phaseOf({ end, sentAtMs, place }: CallLife): CallPhase {
  if (end !== undefined) return end.kind;
  if (sentAtMs !== undefined) return 'sent';
  return place === undefined ? 'sending' : 'queued';
}
