import type { RequestRecord } from '../../api/types.ts';
import type { Tone } from '../../ui/tone.ts';

/** What each outcome means for whoever runs the gateway. */
export const OUTCOME_TONE: Readonly<Record<RequestRecord['outcome'], Tone>> = {
  success: 'ok',
  client_error: 'warn',
  upstream_error: 'bad',
  refused: 'bad',
  client_gone: 'neutral',
  truncated: 'bad',
};
