import { section } from '../../../config/schema/section.ts';
import { choice, duration } from '../input/fields.ts';
import { json, operation } from '../operation.ts';
import { AdminProblem, invalid } from '../problems.ts';
import { detailOf, requireUpstream, upstreamDetail } from './upstream-view.ts';
import { upstreamName } from './upstreams.ts';

const force = section({
  state: choice('`reset` closes it, forgets its failures and ends a forced state.', [
    'open',
    'closed',
    'reset',
  ]),
  for: duration('How long the forced state holds. Required for `open` and `closed`.', {
    minMs: 1,
    maxMs: 86_400_000,
  }).optional(),
}).openapi('BreakerForce');

/** Circuit breakers, forced by hand. */
export const breakerOperations = [
  operation(
    {
      id: 'forceBreaker',
      method: 'POST',
      path: '/upstreams/{name}/breaker',
      tag: 'upstreams',
      summary: 'Force the circuit breaker open or closed for a while, or reset it',
      description: 'A forced state ends by itself; then the breaker decides again.',
      params: upstreamName,
      body: force,
      answers: [{ status: 200, description: 'The upstream as it is now.', schema: upstreamDetail }],
      errors: ['conflict'],
    },
    async ({ ports, params, body, record }) => {
      const { state, for: forMs } = body;
      if (state === 'reset' && forMs !== undefined) {
        throw invalid([{ field: 'for', message: '`reset` takes no time; remove it' }]);
      }
      if (state !== 'reset' && forMs === undefined) {
        throw invalid([
          { field: 'for', message: 'is required: expected a duration such as 30s, at most 1d' },
        ]);
      }
      const upstream = requireUpstream(ports, params.name);
      const before = detailOf(ports.clock, params.name, upstream).status.breaker;
      if (before === null) {
        throw new AdminProblem('conflict', { detail: 'This upstream has no circuit breaker.' });
      }
      await upstream.gate.force(state, forMs);
      const after = detailOf(ports.clock, params.name, upstream);
      await record({
        action: 'breaker.force',
        subject: `upstream/${params.name}`,
        before,
        after: after.status.breaker,
      });
      return json(after);
    },
  ),
];
