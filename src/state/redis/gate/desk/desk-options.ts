import type { Clock } from '../../../../shared/clock.ts';
import type { GateSettings, Lines } from '../../../contracts.ts';
import type { GateAnswer, GateLink, ToldPause, WireSettings } from '../gate-link.ts';
import type { HeldGrants } from './held-grants.ts';
import type { Asked } from './session.ts';

/** What the desk asks of the gate that it belongs to. */
export interface DeskOwner {
  readonly settingsInForce: GateSettings;
  /** Settings to declare when the gate does not know this node. */
  declaration(): {
    readonly cfg: WireSettings;
    readonly weights: object;
    readonly declare: boolean;
    /** The pause that it knows of. */
    readonly paused: ToldPause | undefined;
  };
  /** An answer that is later than all before it. */
  onState(answer: GateAnswer): void;
  /** The settings in force, in whichever answer. */
  onSettings(answer: GateAnswer): void;
  /** What a request told has been heard. */
  onTold(asked: Asked): void;
  /** A pause that the provider asked for and that nobody has heard of yet. */
  pauseToTell(): ToldPause | undefined;
}

/** What a desk that was closed still has, and nobody but its successor tells of. */
export interface Predecessor {
  readonly grants: HeldGrants;
  /** One before it, that has something left as well. */
  readonly predecessor: Predecessor | undefined;
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
  /** That of a gate before this one, taken out of the configuration and put back: its calls may still be under way. */
  readonly predecessor?: Predecessor | undefined;
}
