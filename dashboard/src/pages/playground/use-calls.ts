import { useSyncExternalStore } from 'react';
import { send } from '../../api/client.ts';
import { type Call, CallList } from './call-list.ts';

/** Of this tab. */
export const callList = new CallList((body, signal) =>
  send('/playground', { method: 'POST', body, signal, headers: { Accept: 'text/event-stream' } }),
);

export function useCalls(): readonly Call[] {
  return useSyncExternalStore(callList.subscribe, callList.snapshot);
}
