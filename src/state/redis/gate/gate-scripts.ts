import { assembleScript, luaReader, type Script } from '../scripts.ts';

const NAMES = ['enter', 'claim', 'report', 'operate', 'configure', 'look', 'rejoin'] as const;

export type GateScriptName = (typeof NAMES)[number];
export type GateScripts = Readonly<Record<GateScriptName, Script>>;

/** Shared by all scripts of the gate, in an order in which each knows those before it. */
const CHUNKS = [
  'clock',
  'state',
  'limits',
  'breaker',
  'rank',
  'next-order',
  'queue',
  'settings',
  'nodes',
  'estimate',
  'turn',
] as const;

export type GateChunk = (typeof CHUNKS)[number];

const read = luaReader(import.meta.url);

/** One shared chunk, as it is in its file. */
export const gateChunk = (name: GateChunk): string => read(`./lua/${name}.lua`);

/** The scripts of the gate. `instead` puts another text in a chunk's place: tests have a clock of their own. */
export function loadGateScripts(instead: Partial<Record<GateChunk, string>> = {}): GateScripts {
  const chunks = CHUNKS.map((name) => instead[name] ?? gateChunk(name));
  const scripts = NAMES.map((name) => {
    const script = assembleScript(chunks, read(`./${name}.lua`));
    // What a node says of itself is as old as what it asked for before, and no older than what it asked for after.
    return [name, name === 'rejoin' ? { ...script, inOrder: true } : script] as const;
  });
  return Object.fromEntries(scripts) as Record<GateScriptName, Script>;
}
