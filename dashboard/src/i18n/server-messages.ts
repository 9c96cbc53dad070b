/**
 * A text of the server and its translation. In both stand the same places, each filled with what the message has
 * there: `{name}` text up to `; `, `{*name}` any text or none, `{#name}` a number, `{@name}` a text that is translated too.
 */
export type MessagePair = readonly [english: string, portuguese: string];

/** A message of the API in the language of the page. What has no translation stays in English. */
export function translateMessage(message: string, language: string): string {
  if (!/^pt\b/i.test(language) || message.length > LONGEST) return message;
  return inPortuguese(message, 0) ?? message;
}

/** Longer ones carry lists that nobody reads, and would take long to take apart. */
const LONGEST = 4_000;
const DEEPEST = 8;

const PLACE = /\{([@#*]?)([a-z]\w*)\}/g;

type Place = '' | '@' | '#' | '*';

/** Text up to the next `; `, because what comes behind it is a hint of its own. */
const HOLES: Readonly<Record<Place, string>> = {
  '': '((?:(?!; ).)+?)',
  '*': '(.*?)',
  '@': '(.+?)',
  '#': '(-?\\d[\\d,]*(?:\\.\\d+)?)',
};

interface Template {
  readonly pattern: RegExp;
  readonly places: readonly { readonly kind: Place; readonly name: string }[];
  readonly portuguese: string;
  /** Characters that are the same in every such message: the more, the more specific. */
  readonly fixed: number;
}

let known:
  | { readonly whole: ReadonlyMap<string, string>; readonly templates: readonly Template[] }
  | undefined;

let pairs: readonly MessagePair[] = [];

/** The table of the language, loaded with its texts: who reads English does without it. */
export function takeMessages(table: readonly MessagePair[]): void {
  pairs = table;
  known = undefined;
}

function table() {
  if (known !== undefined) return known;
  const templates = pairs.map(compiled).sort((one, other) => other.fixed - one.fixed);
  known = {
    whole: new Map(pairs),
    templates: templates.filter(({ places }) => places.length > 0),
  };
  return known;
}

function compiled([english, portuguese]: MessagePair): Template {
  const places = [...english.matchAll(PLACE)].map(([, kind = '', name = '']) => ({
    kind: kind as Place,
    name,
  }));
  const fixed = english.split(PLACE).filter((_, index) => index % 3 === 0);
  const source = fixed.map((text, index) => {
    const place = places[index];
    return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&') + (place === undefined ? '' : HOLES[place.kind]);
  });
  return {
    pattern: new RegExp(`^${source.join('')}$`, 's'),
    places,
    portuguese,
    fixed: fixed.join('').length,
  };
}

/** Undefined when the message, or a part of it, has no translation: one language at a time. */
function inPortuguese(message: string, depth: number): string | undefined {
  if (depth > DEEPEST || message === '') return undefined;
  return whole(message) ?? framed(message, depth) ?? byTemplate(message, depth) ?? hinted(message, depth);
}

function whole(message: string): string | undefined {
  return table().whole.get(message);
}

function byTemplate(message: string, depth: number): string | undefined {
  for (const template of table().templates) {
    const result = filled(template, message, depth);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** A message with something around it that any message can have. */
function framed(message: string, depth: number): string | undefined {
  const inner = (text: string | undefined) =>
    text === undefined ? undefined : inPortuguese(text, depth + 1);

  const more = /^(.+) \(and (\d+) more\)$/s.exec(message);
  if (more !== null) return joined('', inner(more[1]), ` (e mais ${inNumbers(more[2] ?? '')})`);

  // `rule 3, line 4:5, `limits[0]`: …`
  const place = /^((?:rule \d+(?:, |(?=:)))?(?:line \d+(?::\d+)?(?:, |(?=: )))?(?:`[^`]+`)?): (.+)$/s.exec(
    message,
  );
  if (place !== null && place[1] !== '') {
    const where = (place[1] ?? '').replace(/^rule/, 'regra').replace(/(^|, )line/, '$1linha');
    const said = inner(place[2]);
    if (said !== undefined) return `${where}: ${said}`;
  }

  // `comporta.yaml:4:5 upstreams.score: …`, `--listen: …`
  const file = /^((?:--|\S*\.)\S*(?: \S+)?): (.+)$/s.exec(message);
  if (file !== null) return joined(`${file[1]}: `, inner(file[2]));

  // `PORT` is "x", `TOKEN` is set and not shown: …
  const blame =
    /^(`\w+` is (?:"[^"]*"|nothing|set and not shown)(?:, `\w+` is (?:"[^"]*"|nothing|set and not shown))*): (.+)$/s.exec(
      message,
    );
  return blame === null ? undefined : joined(`${blamed(blame[1] ?? '')}: `, inner(blame[2]));
}

/** `expected …; did you mean …?` */
function hinted(message: string, depth: number): string | undefined {
  const hint = message.lastIndexOf('; ');
  if (hint === -1) return undefined;
  const told = inPortuguese(message.slice(0, hint), depth + 1);
  return told === undefined
    ? undefined
    : joined(`${told}; `, inPortuguese(message.slice(hint + 2), depth + 1));
}

function blamed(variables: string): string {
  return variables
    .replaceAll(/(`\w+`) is set and not shown/g, '$1 está definida e não é mostrada')
    .replaceAll(/(`\w+`) is nothing/g, '$1 está vazia')
    .replaceAll(/(`\w+`) is "/g, '$1 é "');
}

function filled(
  { pattern, places, portuguese }: Template,
  message: string,
  depth: number,
): string | undefined {
  const match = pattern.exec(message);
  if (match === null) return undefined;
  const values = new Map<string, string>();
  for (const [index, { kind, name }] of places.entries()) {
    const written = match[index + 1] ?? '';
    const value = kind === '@' ? part(written, depth) : kind === '#' ? inNumbers(written) : written;
    if (value === undefined) return undefined;
    values.set(name, value);
  }
  return portuguese.replaceAll(PLACE, (_, __, name: string) => values.get(name) ?? '');
}

/** A part has nothing around it and no hint. What somebody wrote is quoted, and stays as it is. */
function part(text: string, depth: number): string | undefined {
  if (depth > DEEPEST) return undefined;
  return whole(text) ?? byTemplate(text, depth + 1) ?? (/^(`.*`|".*")$/s.test(text) ? text : undefined);
}

/** `1,000.5` → `1.000,5` */
function inNumbers(written: string): string {
  return written.replaceAll(/[.,]/g, (sign) => (sign === ',' ? '.' : ','));
}

function joined(before: string, inner: string | undefined, after = ''): string | undefined {
  return inner === undefined ? undefined : before + inner + after;
}
