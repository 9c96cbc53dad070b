import type { TimelineEntry } from '../../api/types.ts';
import type { Tone } from '../../ui/tone.ts';

/** Reasons why a breaker opens that there are words for. */
const OPEN_REASONS = ['consecutive', 'failure_rate', 'slow_calls', 'probe_failed', 'probe_timeout'] as const;
export type OpenReason = (typeof OPEN_REASONS)[number] | 'unknown';

/** What an operator can do that there are words for, by the code of the audit log. */
const OPERATOR_ACTIONS = {
  'breaker.force': 'breakerForce',
  'burst.abort': 'burstAbort',
  'burst.start': 'burstStart',
  'cache.purge': 'cachePurge',
  'config.reload': 'configReload',
  'denial.lift': 'denialLift',
  'queue.clear': 'queueClear',
  'queue.promote': 'queuePromote',
  'queue.remove': 'queueRemove',
  'rule.create': 'ruleCreate',
  'rule.delete': 'ruleDelete',
  'rule.update': 'ruleUpdate',
  'rules.import': 'rulesImport',
  'upstream.change': 'upstreamChange',
} as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[keyof typeof OPERATOR_ACTIONS];

/** The sentence of a line, and what it is filled with. Durations are in ms. */
export type Sentence =
  | { readonly key: 'started'; readonly version: string | undefined }
  | { readonly key: 'breakerOpened'; readonly reason: OpenReason; readonly forMs: number | undefined }
  | { readonly key: 'breakerHalfOpen' | 'breakerClosed' | 'breakerUnforced' }
  | {
      readonly key: 'breakerForcedOpen' | 'breakerForcedClosed' | 'breakerForcedHalfOpen';
      readonly forMs: number | undefined;
    }
  | { readonly key: 'providerPause'; readonly status: number | undefined; readonly forMs: number | undefined }
  | { readonly key: 'paused'; readonly reason: string; readonly forMs: number | undefined }
  | { readonly key: 'resumed' }
  | {
      readonly key: 'operator';
      /** Undefined: one that there are no words for; the code is shown instead. */
      readonly action: OperatorAction | undefined;
      readonly code: string;
      readonly actor: string;
      /** What was acted upon, where that is not the upstream of the line. */
      readonly subject: string | undefined;
    }
  | { readonly key: 'reloadRejected'; readonly problems: number }
  | { readonly key: 'reloaded'; readonly applied: number | undefined; readonly restart: number }
  | { readonly key: 'ledgerLost' | 'ledgerBack' | 'stateLost' | 'stateBack' }
  | { readonly key: 'burstStarted'; readonly calls: number | undefined }
  | {
      readonly key: 'burstDone' | 'burstAborted';
      readonly calls: number | undefined;
      readonly succeeded: number | undefined;
    };

export interface TimelineLine {
  readonly sentence: Sentence;
  readonly tone: Tone;
}

type Facts = TimelineEntry['facts'];

/** What a line of the timeline says, and how much it matters. */
export function lineOf({ kind, facts, upstream }: TimelineEntry): TimelineLine {
  switch (kind) {
    case 'started':
      return { sentence: { key: 'started', version: textOf(facts.version) }, tone: 'neutral' };
    case 'breaker':
      return breakerLine(facts);
    case 'provider_pause': {
      const sentence = {
        key: 'providerPause',
        status: numberOf(facts.status),
        forMs: numberOf(facts.for_ms),
      } as const;
      return { sentence, tone: 'warn' };
    }
    case 'paused': {
      const sentence = {
        key: 'paused',
        reason: textOf(facts.reason) ?? '?',
        forMs: numberOf(facts.for_ms),
      } as const;
      return { sentence, tone: 'warn' };
    }
    case 'resumed':
      return { sentence: { key: 'resumed' }, tone: 'ok' };
    case 'operator':
      return { sentence: operatorSentence(facts, upstream), tone: 'info' };
    case 'reload':
      return reloadLine(facts);
    case 'burst':
      return { sentence: burstSentence(facts), tone: 'info' };
    case 'ledger':
      return facts.status === 'ok'
        ? { sentence: { key: 'ledgerBack' }, tone: 'ok' }
        : { sentence: { key: 'ledgerLost' }, tone: 'warn' };
    case 'state':
      return facts.status === 'ok'
        ? { sentence: { key: 'stateBack' }, tone: 'ok' }
        : { sentence: { key: 'stateLost' }, tone: 'bad' };
  }
}

function breakerLine(facts: Facts): TimelineLine {
  const forMs = numberOf(facts.for_ms);
  switch (facts.to) {
    case 'open': {
      const reason = OPEN_REASONS.find((one) => one === facts.reason) ?? 'unknown';
      return { sentence: { key: 'breakerOpened', reason, forMs }, tone: 'bad' };
    }
    case 'half_open':
      return { sentence: { key: 'breakerHalfOpen' }, tone: 'warn' };
    case 'forced':
      if (facts.as === 'closed') return { sentence: { key: 'breakerForcedClosed', forMs }, tone: 'warn' };
      if (facts.as === 'half_open')
        return { sentence: { key: 'breakerForcedHalfOpen', forMs }, tone: 'warn' };
      return { sentence: { key: 'breakerForcedOpen', forMs }, tone: 'bad' };
    default:
      return facts.from === 'forced'
        ? { sentence: { key: 'breakerUnforced' }, tone: 'ok' }
        : { sentence: { key: 'breakerClosed' }, tone: 'ok' };
  }
}

function reloadLine(facts: Facts): TimelineLine {
  const problems = numberOf(facts.problems);
  if (problems !== undefined) return { sentence: { key: 'reloadRejected', problems }, tone: 'bad' };
  const restart = numberOf(facts.restart) ?? 0;
  const sentence = { key: 'reloaded', applied: numberOf(facts.applied), restart } as const;
  return { sentence, tone: restart > 0 ? 'warn' : 'info' };
}

function operatorSentence(facts: Facts, upstream: string | null): Sentence {
  const code = textOf(facts.action) ?? '?';
  const action = Object.entries(OPERATOR_ACTIONS).find(([known]) => known === code)?.[1];
  const subject = textOf(facts.subject);
  const isUpstream = upstream !== null && subject === `upstream/${upstream}`;
  return {
    key: 'operator',
    action,
    code,
    actor: textOf(facts.actor) ?? '?',
    subject: isUpstream ? undefined : subject,
  };
}

function burstSentence(facts: Facts): Sentence {
  const calls = numberOf(facts.count);
  const succeeded = numberOf(facts.succeeded);
  if (facts.status === 'done') return { key: 'burstDone', calls, succeeded };
  if (facts.status === 'aborted') return { key: 'burstAborted', calls, succeeded };
  return { key: 'burstStarted', calls };
}

function numberOf(fact: Facts[string] | undefined): number | undefined {
  return typeof fact === 'number' ? fact : undefined;
}

function textOf(fact: Facts[string] | undefined): string | undefined {
  return typeof fact === 'string' && fact !== '' ? fact : undefined;
}
