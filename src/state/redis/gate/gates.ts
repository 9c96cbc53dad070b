import type { Clock } from '../../../shared/clock.ts';
import type { Random } from '../../../shared/random.ts';
import type { GateEvent, GateSettings, Lines } from '../../contracts.ts';
import type { RedisConnection } from '../connection.ts';
import { DEFAULT_PREFIX, gateFleetChannel, gateKeys, gateNodeChannel, gateTag } from '../keys.ts';
import { runScript } from '../scripts.ts';
import { RedisGate } from './gate.ts';
import type { GateMessage } from './gate-link.ts';
import { type GateScriptName, loadGateScripts } from './gate-scripts.ts';
import { IdleBeat } from './idle-beat.ts';
import { StateFormatWatch } from './state-format-watch.ts';

export interface RedisGatesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly connection: RedisConnection;
  /** Fleets with different ones know nothing of each other. */
  readonly prefix?: string | undefined;
  readonly freshnessMs?: number | undefined;
  readonly rejoinMs?: number | undefined;
  /** One line for each upstream whose state in Redis is of another form than this version's: nothing goes out to it. */
  readonly onForeignState?: ((upstream: string, message: string) => void) | undefined;
}

export interface GateParts {
  readonly settings: GateSettings;
  readonly lines?: Lines | undefined;
  readonly onEvent?: ((event: GateEvent) => void) | undefined;
}

/** Closed gates at most that are kept for what they have left to tell. */
const MOST_ENDING = 1_000;

/** The gates of this process that it shares with others, over one connection. */
export class RedisGates {
  /** This process among the nodes; another one after each start. */
  readonly node: string;
  private readonly gates = new Map<string, RedisGate>();
  /** Closed ones by upstream, for as long as they have something left to tell. */
  private readonly ending = new Map<string, RedisGate>();
  private readonly scripts = loadGateScripts();
  private readonly prefix: string;
  private readonly stopListening: () => void;
  private readonly idleBeat: IdleBeat;

  constructor(private readonly options: RedisGatesOptions) {
    const { clock, connection, random, prefix = DEFAULT_PREFIX } = options;
    this.prefix = prefix;
    this.idleBeat = new IdleBeat(clock, () => this.gates.values());
    this.node = `n${Math.floor(random.next() * 36 ** 8).toString(36)}`;
    this.stopListening = connection.onChange((isUp) => {
      for (const gate of [...this.gates.values()]) gate.linkChanged(isUp);
    });
    // Messages only save time: what is lost with a connection, the gates find out by asking.
    const subscribe = () =>
      void connection.subscriber
        .subscribe(gateNodeChannel(prefix) + this.node, gateFleetChannel(prefix))
        .catch(() => {});
    if (connection.subscriber.status === 'ready') subscribe();
    connection.subscriber.on('ready', subscribe);
    connection.subscriber.on('message', this.deliver);
  }

  /** Gates that are open. */
  get size(): number {
    return this.gates.size;
  }

  /** The gate of an upstream. Throws RangeError naming the bad setting. */
  open(upstream: string, { settings, lines, onEvent }: GateParts): RedisGate {
    const { clock, connection, freshnessMs, rejoinMs } = this.options;
    const keys = gateKeys(this.prefix, upstream);
    const format = new StateFormatWatch(gateTag(this.prefix, upstream), (message) =>
      this.options.onForeignState?.(upstream, message),
    );
    const link = {
      node: this.node,
      get isUp() {
        return connection.isUp;
      },
      run: async (script: GateScriptName, request: object) =>
        String(
          await format.watch(
            runScript(connection.commands, this.scripts[script], keys, [JSON.stringify(request)]),
          ),
        ),
    };
    const channels = {
      nodeChannel: gateNodeChannel(this.prefix),
      fleetChannel: gateFleetChannel(this.prefix),
    };
    const gate = new RedisGate({
      clock,
      link,
      upstream,
      ...channels,
      settings,
      lines,
      onEvent,
      freshnessMs,
      rejoinMs,
      predecessor: this.ending.get(upstream),
      onClose: () => {
        // Another one may be open under its name by now.
        if (this.gates.get(upstream) === gate) this.gates.delete(upstream);
        for (const [name, { mustBeTold }] of this.ending) if (!mustBeTold) this.ending.delete(name);
        if (!gate.mustBeTold) return;
        this.ending.set(upstream, gate);
        for (const oldest of this.ending.keys())
          if (this.ending.size > MOST_ENDING) this.ending.delete(oldest);
      },
    });
    this.gates.set(upstream, gate);
    if (connection.isUp) gate.linkChanged(true);
    return gate;
  }

  /** Ends the gates; the connection stays. */
  close(): void {
    this.stopListening();
    this.idleBeat.close();
    this.options.connection.subscriber.off('message', this.deliver);
    for (const gate of [...this.gates.values()]) gate.close();
  }

  private readonly deliver = (channel: string, text: string): void => {
    if (!channel.startsWith(this.prefix)) return;
    const isMine =
      channel === gateFleetChannel(this.prefix) || channel === gateNodeChannel(this.prefix) + this.node;
    if (!isMine) return;
    const message = JSON.parse(text) as GateMessage;
    this.gates.get(message.u)?.receive(message);
  };
}
