import type { Entry } from '../../policies/queue/ranked-list.ts';
import { AwaitedGrant } from '../awaited-grant.ts';

/** A ticket that waits in this process's queue. */
export class Waiter extends AwaitedGrant<Waiter> {
  /** Its place in the queue; undefined while it has none. */
  entry: Entry<Waiter> | undefined;
}
