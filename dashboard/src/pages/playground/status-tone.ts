import type { Tone } from '../../ui/tone.ts';

/** The number itself stands beside the colour. */
export function statusTone(status: number): Tone {
  if (status >= 500) return 'bad';
  if (status >= 400) return 'warn';
  return status >= 300 ? 'info' : 'ok';
}
