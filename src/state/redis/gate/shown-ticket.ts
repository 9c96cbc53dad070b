import type { Urgency, WaitingTicket } from '../../contracts.ts';
import type { ShownTicket } from './gate-link.ts';

export const shownTicket = (ticket: ShownTicket): WaitingTicket => ({
  id: ticket.id,
  position: ticket.position,
  client: ticket.client,
  urgency: ticket.urgency as Urgency,
  ageMs: ticket.age,
  etaMs: ticket.eta,
});
