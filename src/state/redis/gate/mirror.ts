import type { BreakerState, BreakerWindow, OpenReason } from '../../../policies/breaker/breaker.ts';
import type { GateEvent, GateSettings, GateSnapshot } from '../../contracts.ts';
import type { AnswerBreaker, GateAnswer } from './gate-link.ts';

const NO_LANES = [0, 0, 0, 0, 0, 0, 0, 0];
const NEVER = Number.POSITIVE_INFINITY;

/** How the gate stood when Redis last told, in this node's time: what can be shown without asking. */
export class Mirror {
  waiting = 0;
  running = 0;
  pauses = 0;
  opened = 0;
  breaker: BreakerState | undefined;
  pause: GateSnapshot['pause'];
  private breakerWindow: BreakerWindow | undefined;
  private lanes: readonly number[] = NO_LANES;
  private oldestAtMs: number | undefined;
  private slotAtMs = 0;
  /** When everybody has gone; Infinity: nobody can know. */
  private drainAtMs = 0;
  private uses: readonly number[] = [];
  private lastKind: BreakerState['kind'] = 'closed';

  constructor(private readonly onEvent: (event: GateEvent) => void) {}

  /** What every answer tells; and all the rest, where it was asked to look. */
  take(answer: GateAnswer, nowMs: number): void {
    this.waiting = answer.w;
    this.running = answer.r;
    this.opened = answer.opened;
    this.takePause(answer, nowMs);
    this.breaker = answer.br && breakerState(answer.br, nowMs);
    const to = this.breaker ?? ({ kind: 'closed', sinceMs: nowMs, consecutiveFailures: 0 } as const);
    if (to.kind !== this.lastKind) {
      const from = this.lastKind;
      this.lastKind = to.kind;
      this.onEvent({ kind: 'breaker', from, to });
    }
    if (answer.lanes !== undefined) this.takeView(answer, nowMs);
  }

  /** Everything that a snapshot shows but the counters of this node. */
  view(nowMs: number, { limits, queue }: GateSettings): Omit<GateSnapshot, 'counters' | 'perSecond'> {
    return {
      waiting: this.waiting,
      waitingByUrgency: [...this.lanes],
      running: this.running,
      oldestWaitMs: this.waiting === 0 || this.oldestAtMs === undefined ? 0 : nowMs - this.oldestAtMs,
      policy: queue.policy,
      breaker: this.breaker,
      breakerWindow: this.breaker && (this.breakerWindow ?? { failureRate: undefined, slowCalls: undefined }),
      pause: this.pause,
      nextSlotAtMs: this.slotAtMs,
      drainMs:
        this.waiting === 0 ? 0 : this.drainAtMs === NEVER ? undefined : Math.max(0, this.drainAtMs - nowMs),
      limits: limits.map(({ rate, even }, index) => ({ rate, even, used: this.uses[index] ?? 0 })),
    };
  }

  private takePause({ pause, pauses }: GateAnswer, nowMs: number): void {
    const had = this.pause;
    const untilMs = pause?.left === undefined ? undefined : nowMs + pause.left;
    this.pause = pause && { untilMs, reason: pause.reason };
    if (pause !== undefined && (had === undefined || pauses > this.pauses)) {
      this.onEvent({ kind: 'paused', untilMs, reason: pause.reason });
    }
    if (pause === undefined && had !== undefined) this.onEvent({ kind: 'resumed' });
    this.pauses = pauses;
  }

  private takeView(answer: GateAnswer, nowMs: number): void {
    this.lanes = answer.lanes ?? NO_LANES;
    this.oldestAtMs = answer.oldest === undefined ? undefined : nowMs - answer.oldest;
    this.slotAtMs = answer.slot === undefined ? NEVER : nowMs + answer.slot;
    this.drainAtMs = answer.drain === undefined ? NEVER : nowMs + answer.drain;
    this.uses = Array.isArray(answer.uses) ? answer.uses : [];
    const { failures, slow } = answer.rates ?? {};
    this.breakerWindow = answer.rates && {
      failureRate: failures && { calls: failures[0] ?? 0, failures: failures[1] ?? 0 },
      slowCalls: slow && { calls: slow[0] ?? 0, slow: slow[1] ?? 0 },
    };
  }
}

function breakerState(br: AnswerBreaker, nowMs: number): BreakerState {
  const sinceMs = nowMs - (br.age ?? 0);
  const untilMs = nowMs + (br.left ?? 0);
  switch (br.k) {
    case 'closed':
      return {
        kind: 'closed',
        sinceMs: br.age === undefined ? undefined : sinceMs,
        consecutiveFailures: br.f ?? 0,
      };
    case 'open':
      return { kind: 'open', sinceMs, untilMs, reason: br.why as OpenReason };
    case 'half_open':
      return { kind: 'half_open', sinceMs, running: br.running ?? 0, passed: br.passed ?? 0 };
    case 'forced':
      return { kind: 'forced', as: br.as ?? 'open', untilMs };
  }
}
