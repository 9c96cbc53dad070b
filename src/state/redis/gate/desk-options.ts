import type { Clock } from '../../../shared/clock.ts';
import type { GateSettings, Lines } from '../../contracts.ts';
import type { GateAnswer, GateLink, WireSettings } from './gate-link.ts';

/** What the desk asks of the gate that it belongs to. */
export interface DeskOwner {
  readonly settingsInForce: GateSettings;
  /** Settings to declare when the gate does not know this node. */
  declaration(): { readonly cfg: WireSettings; readonly weights: object; readonly declare: boolean };
  /** An answer that is later than all before it. */
  onState(answer: GateAnswer): void;
}

export interface DeskOptions {
  readonly clock: Clock;
  readonly link: GateLink;
  readonly upstream: string;
  readonly nodeChannel: string;
  readonly fleetChannel: string;
  readonly lines?: Lines | undefined;
  readonly freshnessMs: number;
  readonly rejoinMs: number;
}
