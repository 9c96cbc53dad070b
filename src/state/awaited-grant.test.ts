import { expect, test } from 'bun:test';
import { AwaitedGrant } from './awaited-grant.ts';
import type { Ticket } from './contracts.ts';
import { Waiter } from './memory/waiter.ts';
import { LocalTicket } from './redis/gate/desk/local-ticket.ts';

const ticket: Ticket = { id: 't', client: 'c', urgency: 3, arrivedAtMs: 0, deadlineMs: 1_000, cost: 1 };
const kinds = {
  memory: (...[resolve, reject, signal, gone]: Parts) => new Waiter(ticket, 5, resolve, reject, signal, gone),
  redis: (...[resolve, reject, signal, gone]: Parts) =>
    new LocalTicket(ticket, 'n:1', 5, resolve, reject, signal, gone),
};
type Parts = [
  resolve: () => void,
  reject: (reason: unknown) => void,
  signal: AbortSignal,
  gone: (one: unknown) => void,
];

for (const [name, make] of Object.entries(kinds)) {
  test(`${name}: whoever gives up leaves first and is told why, unless it was detached`, () => {
    const heard: unknown[] = [];
    const stays = new AbortController();
    const leaves = new AbortController();
    const reject = (reason: unknown) => void heard.push(reason);
    const gone = (one: unknown) => void heard.push(one);
    make(() => {}, reject, stays.signal, gone).detach();
    const waiting = make(() => {}, reject, leaves.signal, gone);
    expect(waiting).toBeInstanceOf(AwaitedGrant);
    stays.abort('detached');
    leaves.abort('given up');
    expect(heard).toEqual([waiting, 'given up']);
  });
}
