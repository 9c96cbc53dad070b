import type { GatewayError } from '../../../../shared/errors.ts';
import type { Refusals } from '../../../memory/refusals.ts';
import type { Entered } from '../gate-link.ts';

/** The refusal that a script decided, in words; counted. */
export function refusalOf(answer: Entered, refusals: Refusals, maxSize: number): GatewayError {
  const { refused, wait, reason } = answer;
  switch (refused) {
    case 'circuit_open':
      return refusals.circuitOpen(wait ?? 0);
    case 'queue_full':
      return refusals.make('queue_full', `All ${maxSize} places are taken.`, wait);
    case 'upstream_paused':
      return refusals.make(
        'upstream_paused',
        `The upstream is paused: ${reason ?? 'no reason was given'}.`,
        wait,
      );
    default:
      if (answer.late) {
        return refusals.make('deadline_unmeetable', 'The request came after its deadline.', wait);
      }
      return answer.impossible || wait === undefined ? refusals.impossible() : refusals.inVain(wait);
  }
}
