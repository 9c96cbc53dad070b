/**
 * What one access check costs with 10 and with 100,000 rules for exact clients and paths, each beside the same
 * 1,000 path prefixes and 1,000 CIDR blocks. The same requests against both show what the tables cost; requests
 * about ever more of the rules show what memory costs that no processor cache holds. Rounds are interleaved, every
 * round asks with new texts, as requests do, and the figures are medians of CPU time.
 *
 *   node_modules/.bin/bun bench/access.ts [rounds] [checks per round]
 */
import { parseClientMatcher } from '../src/policies/access/client-matcher.ts';
import { parsePathMatcher } from '../src/policies/access/path-matcher.ts';
import type { AccessRule } from '../src/policies/access/rule.ts';
import { RuleSet } from '../src/policies/access/rule-set.ts';
import { systemClock } from '../src/shared/clock.ts';
import { seededRandom } from '../src/shared/random.ts';
import type { AccessRequest } from '../src/state/access-contract.ts';
import { MemoryAccessControl } from '../src/state/memory/access-control.ts';
import { median, megabytes, printMachine, printTable } from './support/report.ts';

const rounds = Number(process.argv[2] ?? 15);
const checks = Number(process.argv[3] ?? 50_000);
const random = seededRandom(1);
const below = (count: number): number => Math.floor(random.next() * count);

const FEW = 10;
const MANY = 100_000;
const PREFIXES = 1_000;
const BLOCKS = 1_000;

function rule(id: string, client: string, path: string): AccessRule {
  const parsedClient = parseClientMatcher(client);
  const parsedPath = parsePathMatcher(path);
  if (parsedClient === undefined || parsedPath === undefined || 'why' in parsedPath) {
    throw new Error(`not a rule: ${client} ${path}`);
  }
  return {
    id,
    enabled: true,
    shadow: false,
    client: parsedClient,
    path: parsedPath,
    methods: ['*'],
    limit: { count: 1_000_000, windowMs: 60_000 },
    action: 'throttle',
    algorithm: 'sliding_window',
    enforce: 'exact',
    blockForMs: undefined,
    note: '',
  };
}

const octets = (number: number): string => `${number >> 16}.${(number >> 8) & 255}.${number & 255}`;

/** Half for an address and a path, a quarter for a client id, a quarter for a path alone. */
function exactRule(index: number): AccessRule {
  const path = `/ml/items/${index}`;
  if (index % 4 === 0) return rule(`id-${index}`, `client:team-${index}`, path);
  return rule(`exact-${index}`, index % 4 === 1 ? '*' : `10.${octets(index)}`, path);
}

function rulesWith(exact: number): AccessRule[] {
  const rules: AccessRule[] = [];
  for (let index = 0; index < exact; index++) rules.push(exactRule(index));
  for (let index = 0; index < PREFIXES; index++)
    rules.push(rule(`prefix-${index}`, '*', `/area-${index}/part/*`));
  for (let index = 0; index < BLOCKS; index++) {
    const isV6 = index % 4 === 3;
    const client = isV6
      ? `2001:db8:${index.toString(16)}::/${32 + (index % 9) * 4}`
      : `172.${octets(index * 256)}/${16 + (index % 16)}`;
    rules.push(rule(`block-${index}`, client, '/ml/*'));
  }
  return rules;
}

/**
 * Requests that meet exact rules (of the first `exact`), prefixes and blocks in equal parts, and one part that
 * meets none; the other clients are `others`.
 */
function requests(exact: number, others: number): AccessRequest[] {
  const method = 'GET';
  return Array.from({ length: checks }, (): AccessRequest => {
    const index = below(exact);
    const ip = `192.${octets(below(others))}`;
    switch (below(4)) {
      case 0: {
        const clientId = index % 4 === 0 ? `team-${index}` : undefined;
        return {
          ip: index % 4 > 1 ? `10.${octets(index)}` : ip,
          clientId,
          path: `/ml/items/${index}`,
          method,
        };
      }
      case 1:
        return { ip, clientId: undefined, path: `/area-${below(10)}/part/${below(1_000)}/detail`, method };
      case 2:
        return {
          ip: `172.${octets(below(others) * 64)}`,
          clientId: undefined,
          path: `/ml/${below(1_000)}`,
          method,
        };
      default:
        return { ip, clientId: 'nobody', path: `/none/${below(1_000)}`, method };
    }
  });
}

interface Contender {
  readonly name: string;
  /** The requests are about so many of the exact rules. */
  readonly about: number;
  readonly ask: (request: AccessRequest) => unknown;
}

const machine = process.memoryUsage().heapUsed;
const few = rulesWith(FEW);
const many = rulesWith(MANY);
const buildMs: number[] = [];
for (let time = 0; time < 5; time++) {
  const startMs = systemClock.now();
  new RuleSet(many);
  buildMs.push(systemClock.now() - startMs);
}
const sets = { few: new RuleSet(few), many: new RuleSet(many) };
const controlOf = (rules: readonly AccessRule[]): MemoryAccessControl => {
  const access = new MemoryAccessControl({ clock: systemClock });
  access.replaceRules(rules);
  return access;
};
const controls = { few: controlOf(few), many: controlOf(many) };

const CLIENTS = 1_000;
const matchFew = (request: AccessRequest) => sets.few.match(request);
const matchMany = (request: AccessRequest) => sets.many.match(request);
const checkFew = (request: AccessRequest) => controls.few.check(request);
const checkMany = (request: AccessRequest) => controls.many.check(request);
const contenders: readonly Contender[] = [
  { name: 'match, 10 exact', about: FEW, ask: matchFew },
  { name: 'match, 100,000 exact, same requests', about: FEW, ask: matchMany },
  { name: 'match, 100,000 exact, about 10,000', about: 10_000, ask: matchMany },
  { name: 'match, 100,000 exact, about all', about: MANY, ask: matchMany },
  { name: 'check and count, 10 exact', about: FEW, ask: checkFew },
  { name: 'check and count, 100,000 exact, same requests', about: FEW, ask: checkMany },
  { name: 'check and count, 100,000 exact, about 10,000', about: 10_000, ask: checkMany },
  { name: 'check and count, 100,000 exact, about all', about: MANY, ask: checkMany },
];

const usPerCheck: number[][] = contenders.map(() => []);
for (let round = -2; round < rounds; round++) {
  for (let turn = 0; turn < contenders.length; turn++) {
    // The order turns, so that nobody always runs after the same neighbour; two rounds only warm up.
    const index = (turn + round + 2) % contenders.length;
    const { ask, about } = contenders[index]!;
    const asked = requests(about, CLIENTS);
    Bun.gc(true);
    const start = process.cpuUsage();
    for (const request of asked) ask(request);
    const { user, system } = process.cpuUsage(start);
    const us = (user + system) / checks;
    if (round >= 0) usPerCheck[index]!.push(us);
  }
}

printMachine();
console.log(
  `access rules: medians of ${rounds} interleaved rounds of ${checks.toLocaleString('en')} checks; ` +
    `each beside ${PREFIXES.toLocaleString('en')} prefixes and ${BLOCKS.toLocaleString('en')} blocks`,
);
printTable(
  ['', 'CPU µs/check', 'min … max', 'to 10 exact'],
  contenders.map(({ name }, index) => {
    const own = usPerCheck[index]!;
    const base = usPerCheck[index - (index % 4)]!;
    return [
      name,
      median(own).toFixed(3),
      `${Math.min(...own).toFixed(3)} … ${Math.max(...own).toFixed(3)}`,
      `${median(own.map((us, round) => us / base[round]!)).toFixed(2)} ×`,
    ];
  }),
);
console.log(
  `\ncompiling ${many.length.toLocaleString('en')} rules: ${median(buildMs).toFixed(0)} ms; ` +
    `heap with everything above: ${megabytes(process.memoryUsage().heapUsed - machine)} MB`,
);
