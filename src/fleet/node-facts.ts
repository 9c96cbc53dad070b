import { parsedRecord, recordOf } from './sparse-numbers.ts';

/** What a process says of itself when it begins. No secret is among it. */
export interface NodeFacts {
  /** Of the machine. */
  readonly host: string;
  readonly pid: number;
  /** Of the package. */
  readonly version: string;
  /** Wall-clock ms, by its own clock: for people. */
  readonly startedAtMs: number;
  readonly url: string;
  /** Undefined: it has no admin API of its own. */
  readonly adminUrl: string | undefined;
  /** What must agree within a fleet, by its path in the configuration; see `agreementOf`. */
  readonly agreement: Readonly<Record<string, string>>;
}

export function tellFacts(facts: NodeFacts): string {
  return JSON.stringify(facts);
}

const LONGEST = 300;

/** What a node told of itself; undefined when it has told nothing that can be read. */
export function heardFacts(text: string | undefined): NodeFacts | undefined {
  if (text === undefined) return undefined;
  const told = parsedRecord(text);
  const { pid, startedAtMs } = told;
  if (typeof told.host !== 'string' || typeof pid !== 'number' || typeof startedAtMs !== 'number')
    return undefined;
  const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, LONGEST) : '');
  return {
    host: textOf(told.host),
    pid,
    version: textOf(told.version),
    startedAtMs,
    url: textOf(told.url),
    adminUrl: textOf(told.adminUrl) || undefined,
    agreement: Object.fromEntries(
      Object.entries(recordOf(told.agreement)).map(([path, value]) => [path, textOf(value)]),
    ),
  };
}
