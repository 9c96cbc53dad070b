import { z } from '@hono/zod-openapi';
import { section } from '../../../config/schema/section.ts';
import { canonicalIp } from '../../../shared/ip.ts';
import type { AccessDecision, AccessTest } from '../../../state/access-contract.ts';
import type { ClientLimitDecision } from '../../../state/contracts.ts';
import { line, textField } from '../input/fields.ts';
import { json, operation } from '../operation.ts';
import { orNull } from '../or-null.ts';
import { roundMs } from '../wall-time.ts';
import { countersOf, ruleCounters } from './rule-document.ts';

const question = section({
  ip: textField<string>({
    expected: 'an IP address such as 10.0.0.7 or 2001:db8::1',
    document: { type: 'string', description: 'Where the request comes from.', example: '10.0.0.7' },
    read: (text) => canonicalIp(text),
  }),
  client_id: line('The client id that the request names; absent: none.', { min: 1, max: 256 }).optional(),
  method: textField<string>({
    expected: 'a method such as GET',
    document: { type: 'string', description: 'The method.', default: 'GET', example: 'GET' },
    read: (text) => (/^[A-Za-z][A-Za-z-]{0,31}$/.test(text) ? text.toUpperCase() : undefined),
  }).prefault('GET'),
  path: textField<string>({
    expected: 'a path such as /ml/items/1, without the query',
    document: {
      type: 'string',
      description: 'As it would be received, without the query.',
      example: '/ml/items/1',
    },
    read: (text) => (/^\/[^\s?#]{0,8191}$/.test(text) ? text : undefined),
  }),
}).openapi('RuleQuestion');

export const limitNow = z
  .object({
    count: z.number().int(),
    window_ms: z.number(),
    remaining: z.number(),
    reset_in_ms: z.number(),
  })
  .openapi('LimitNow');

export const ruleVerdict = z
  .object({
    decision: z
      .enum(['pass', 'throttled', 'denied'])
      .describe('What the request would be told; asking counts nothing.'),
    winner: z.string().nullable().describe('The id of the rule that decides; null: none does.'),
    retry_in_ms: z
      .number()
      .nullable()
      .describe('When it would pass; null: it passes now, or not by waiting.'),
    limit: orNull(limitNow),
    counters: orNull(ruleCounters, 'Of the winner, now.'),
    deny_list: z
      .object({ client: z.string(), rule: z.string() })
      .nullable()
      .describe('Set when the deny list decides, before any rule.'),
    shadow: z
      .object({ rule: z.string(), limit: orNull(limitNow), counters: orNull(ruleCounters) })
      .nullable()
      .describe('A shadow rule that would refuse.'),
    path: z.string().describe('As the rules see it.'),
    other_readings: z
      .array(z.string())
      .describe('Other ways in which a server could read the path; the rules hold for them too.'),
    rules: z
      .array(
        z.object({
          id: z.string(),
          outcome: z.enum(['wins', 'shadow', 'loses']),
          lost_by: z.string().nullable(),
          reason: z.string(),
        }),
      )
      .describe('Every rule that matches, in order of precedence.'),
    rules_omitted: z.number().int(),
  })
  .openapi('RuleVerdict');

/** Which rule wins, and why. */
export const ruleTestOperations = [
  operation(
    {
      id: 'testRules',
      method: 'POST',
      path: '/rules/test',
      tag: 'rules',
      summary: 'Ask which rule decides about a request, and why',
      description: 'Nothing is counted. Viewers may ask too.',
      changes: false,
      body: question,
      answers: [{ status: 200, description: 'As things stand.', schema: ruleVerdict }],
    },
    async ({ ports, body: { ip, client_id: clientId, method, path } }) =>
      json(verdictOf(await ports.access.test({ ip, clientId, method, path }))),
  ),
];

function verdictOf(test: AccessTest): z.output<typeof ruleVerdict> {
  const { decision, denied, explanation, counters, shadowCounters } = test;
  const { shadow } = decision;
  return {
    decision: decision.kind,
    winner: winnerOf(decision) ?? null,
    retry_in_ms: retryOf(decision),
    limit: limitOf(decision.limit),
    counters: counters === undefined ? null : countersOf(counters),
    deny_list: denied === undefined ? null : { client: denied.client, rule: denied.ruleId },
    shadow:
      shadow === undefined
        ? null
        : {
            rule: shadow.rule.id,
            limit: limitOf(shadow.limit),
            counters: shadowCounters === undefined ? null : countersOf(shadowCounters),
          },
    path: explanation.path,
    other_readings: [...explanation.otherReadings],
    rules: explanation.rules.map(({ rule, outcome, lostBy, reason }) => ({
      id: rule.id,
      outcome,
      lost_by: lostBy ?? null,
      reason,
    })),
    rules_omitted: explanation.omitted,
  };
}

function winnerOf(decision: AccessDecision): string | undefined {
  return decision.kind === 'denied' ? decision.ruleId : decision.rule?.id;
}

function retryOf(decision: AccessDecision): number | null {
  const retryAfterMs = decision.kind === 'pass' ? undefined : decision.retryAfterMs;
  return retryAfterMs === undefined ? null : roundMs(retryAfterMs);
}

function limitOf(limit: ClientLimitDecision | undefined): z.output<typeof limitNow> | null {
  if (limit === undefined) return null;
  const { limit: count, windowMs, remaining, resetMs } = limit;
  return { count, window_ms: windowMs, remaining, reset_in_ms: roundMs(resetMs) };
}
