// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources to be scanned are written so
import { describe, expect, test } from 'bun:test';
import { ConfigDocument } from '../../../src/config/document.ts';
import {
  literalsOf,
  type SourceText,
  sentencesIn,
  sentencesOf,
  sourcesBelow,
  textsIn,
  textsOf,
} from './server-messages.fixture.ts';
import { PORTUGUESE_MESSAGES } from './server-messages.pt-BR.ts';
import { takeMessages, translateMessage } from './server-messages.ts';
import { CONFIGURATION, YAML } from './server-messages-configuration.pt-BR.ts';
import { FORMS } from './server-messages-forms.pt-BR.ts';
import { SENTENCES } from './server-messages-sentences.pt-BR.ts';

const OWN_PAIRS = [...SENTENCES, ...FORMS, ...CONFIGURATION];
const PAIRS = [...OWN_PAIRS, ...YAML];

takeMessages(PORTUGUESE_MESSAGES);

/** Where what the admin API says is written. */
const ADMIN = sourcesBelow('src/server/admin');
const OTHERS = [
  'src/caller/priority-mix.ts',
  ...sourcesBelow('src/config/schema'),
  'src/config/cross-check.ts',
  'src/config/document.ts',
  'src/config/interpolate.ts',
  'src/config/load.ts',
  'src/config/schema.ts',
  'src/ledger/sql/usage-filter.ts',
  'src/policies/access/client-matcher.ts',
  'src/policies/access/explain.ts',
  'src/policies/access/path-matcher.ts',
  'src/policies/access/rule.ts',
  'src/policies/access/rule-set.ts',
];

/** Texts that never leave the process, or are no sentences. By the file, and how they begin. */
const NOT_SENT: readonly (readonly [file: string, beginning: string])[] = [
  ['src/server/admin/openapi.ts', ''],
  ['src/server/admin/dashboard/dashboard.ts', '<!doctype html>'],
  ['src/server/admin/dashboard/built-files.ts', 'the dashboard in '],
  ['src/server/admin/guard/listen.ts', 'the admin API must not listen on '],
  ['src/server/admin/guard/tokens.ts', 'admin.token and admin.viewer_token must not be the same'],
  ['src/server/admin/live/listener-stream.ts', 'the listener does not read'],
  ['src/server/admin/problems.ts', 'line ${…}${…}'],
  ['src/server/admin/resources/called-route.ts', 'route ${…} has no upstream'],
  ['src/server/admin/resources/playground-frame.ts', '(${…} bytes that are no text)'],
  ['src/server/admin/resources/rules.ts', 'What `If-Match` of the next change names.'],
];

const portuguese = (message: string): string => translateMessage(message, 'pt-BR');
const isTranslated = (message: string): boolean => portuguese(message) !== message;

/** What a text of each kind stands in. */
const SAID: Readonly<Record<SourceText['kind'], (text: string) => string>> = {
  message: (text) => text.replace(/^; /, ''),
  form: (text) => `expected ${text}, got nothing`,
  thing: (text) => `There is no ${text}.`,
  json: (text) => `not valid JSON: expected ${text}, got "x"`,
};

/** The messages that a text of the sources becomes: with every sample in its holes. */
function messagesOf({ kind, pieces }: SourceText): string[] {
  const texts = pieces.reduce<string[]>(
    (before, piece) => before.flatMap((start) => [piece].flat().map((next) => start + next)),
    [''],
  );
  return texts.map((text) => SAID[kind](text));
}

/** As it stands in the source. */
function written({ pieces }: SourceText): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : '${…}')).join('');
}

const isOf = (text: SourceText, [file, start]: (typeof NOT_SENT)[number]): boolean =>
  text.place.startsWith(`${file}:`) && written(text).startsWith(start);

function untranslated(texts: readonly SourceText[]): string[] {
  return texts
    .filter((text) => !NOT_SENT.some((exception) => isOf(text, exception)))
    .filter((text) => !messagesOf(text).some(isTranslated))
    .map((text) => `${text.place}: ${written(text)}`);
}

describe('what the server says', () => {
  test('every message of the admin API has a translation', () => {
    const texts = ADMIN.flatMap(textsOf);
    expect(texts.length).toBeGreaterThan(100);
    expect(untranslated(texts)).toEqual([]);
  });

  test('every message that comes through it from configuration and rules has one', () => {
    expect(untranslated(OTHERS.flatMap(textsOf))).toEqual([]);
  });

  test('no sentence of the admin API stands where it is not looked for', () => {
    const asMessages = new Set(ADMIN.flatMap(textsOf).map(({ pieces }) => JSON.stringify(pieces)));
    const others = ADMIN.flatMap(sentencesOf).filter(({ pieces }) => !asMessages.has(JSON.stringify(pieces)));
    expect(untranslated(others)).toEqual([]);
  });

  test('every exception still stands where it is said to', () => {
    const texts = ADMIN.flatMap((file) => [...textsOf(file), ...sentencesOf(file)]);
    const gone = NOT_SENT.filter((exception) => !texts.some((text) => isOf(text, exception)));
    expect(gone).toEqual([]);
  });
});

test('what the YAML parser says of common mistakes has a translation', () => {
  const said = [
    'a: [',
    'a: {b: 1',
    'a: b: c',
    'a: 1\nb',
    'a: 1 # x\n  c: 2',
    '- a\n - b\n- c: 1\n d: 2',
    'a:\n\tb: 1',
    'a: "x',
    "a: 'x",
    'a: "\\q"',
    'a: @x',
    'a: %x',
    'a: !x 1',
    'a: "x" y',
    'a: ]',
    'foo\nbar: 1',
    'a: *b',
    'a: 1\na: 2',
  ].map((text) => new ConfigDocument('x', text).syntaxProblems.map(({ message }) => message));
  expect(said.filter((messages) => messages.length === 0)).toEqual([]);
  expect(said.flat().filter((message) => !isTranslated(message))).toEqual([]);
});

describe('the scanner of this test', () => {
  const newTexts = (source: string) => untranslated(textsIn('src/server/admin/x.ts', source)).length;

  test('finds a new text wherever messages stand', () => {
    for (const source of [
      "throw new AdminProblem('conflict', { detail: 'The moon is full.' });",
      'throw new AdminProblem("conflict", { detail: `The moon ${name} is full.` });',
      "throw invalid([{ field: '', message: full ? 'the moon is full' : 'must be a whole number' }]);",
      "const message = 'the moon is full';",
      "const read = () => refuse('the moon is full');",
      "textField({ expected: 'a moon such as ours', read })",
      "const MOON = 'a moon such as ours';\ntextField({ expected: MOON, read })",
      "field({ expected: form() });\nfunction form() {\n  return 'a moon such as ours';\n}",
      'throw notFound(`moon ${JSON.stringify(name)}`);',
      "this.fail('a moon');",
      "z.array(one, { error: () => 'the moon is full' })",
      "throw new RangeError('the moon is full');",
      "const hint = known ?? 'the moon is full';",
    ]) {
      expect(newTexts(source), source).toBe(1);
    }
  });

  test('finds a sentence that stands elsewhere, and passes over documentation', () => {
    const found = (source: string) => untranslated(sentencesIn('src/server/admin/x.ts', source)).length;
    expect(found("const told = tooFull('the moon is full');")).toBe(1);
    expect(found('const told = [`${name} is full`, "one more"];')).toBe(2);
    expect(found("operation({ summary: 'Show the moon', description: 'It is full.' })")).toBe(0);
    expect(found("section({ moon: line('Its name in the sky.', { max: 64 }).optional() })")).toBe(0);
    expect(found("import { full } from './the moon.ts';")).toBe(0);
  });

  test('takes what has a translation', () => {
    expect(
      newTexts(
        "throw new AdminProblem('x', { detail: `The rule ${id} has changed; its version is ${v} now.` });",
      ),
    ).toBe(0);
    expect(newTexts("textField({ expected: 'true or false', read })")).toBe(0);
  });
});

describe('the table', () => {
  const places = (text: string): string[] =>
    [...text.matchAll(/\{[@#*]?[a-z]\w*\}/g)].map(([place]) => place).sort();

  test('has each English text once, with the same places in Portuguese', () => {
    const english = PAIRS.map(([text]) => text);
    expect(english.filter((text, index) => english.indexOf(text) !== index)).toEqual([]);
    expect(PAIRS.filter(([one, other]) => places(one).join() !== places(other).join())).toEqual([]);
    expect(PAIRS.filter(([one]) => new Set(places(one)).size !== places(one).length)).toEqual([]);
    expect(PAIRS.filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  test('has no text that nobody says any more', () => {
    const messages = [...ADMIN, ...OTHERS].flatMap(textsOf).flatMap(messagesOf);
    const files = [
      'src/caller',
      'src/composition',
      'src/config',
      'src/gateway/stages',
      'src/ledger',
      'src/policies/access',
      'src/server/admin',
      'src/cli',
      'src/state/redis',
    ].flatMap(sourcesBelow);
    const said = [...messages, ...['dashboard/src/api/client.ts', ...files].map(literalsOf)].join('\n');
    const dead = OWN_PAIRS.map(([text]) => text).filter((text) => {
      const fixed = text.split(/\{[@#*]?[a-z]\w*\}/).map((one) => one.trim());
      return !BROWSERS.includes(text) && !fixed.every((one) => said.includes(one));
    });
    expect(dead).toEqual([]);
  });

  /** What `fetch` says when there is no connection, in three engines. */
  const BROWSERS = ['Failed to fetch', 'NetworkError when attempting to fetch resource.', 'Load failed'];
});

describe('translateMessage', () => {
  test('gives English as it is', () => {
    for (const [english] of PAIRS) expect(translateMessage(english, 'en')).toBe(english);
  });

  test('gives what it does not know as it is, also where it knows a part', () => {
    for (const text of [
      '',
      'The moon is full.',
      'expected a moon, got nothing',
      'is required: expected a moon',
      'the moon is full; did you mean `sun`?',
      'must be before `to`; ask the moon',
      'line 3:1, `limit`: the moon is full (and 2 more)',
      '"a" is "b": "c"',
      '; ; ; (and 3 more)',
    ]) {
      expect(portuguese(text)).toBe(text);
    }
  });

  test.each([
    ['There is no upstream "score".', 'O upstream "score" não existe.'],
    [
      'expected one of fifo, priority, fair, got `fivo`; did you mean `fifo`?',
      'o esperado é um destes: fifo, priority, fair, e veio `fivo`; você quis dizer `fifo`?',
    ],
    [
      '`queue.policy`: expected one of fifo, priority, fair, got nothing (and 2 more)',
      '`queue.policy`: o esperado é um destes: fifo, priority, fair, e não veio nada (e mais 2)',
    ],
    [
      'rule 3, line 4:5, `limit`: is required with `action: throttle`: expected a rate such as "100 per 1m"',
      'regra 3, linha 4:5, `limit`: é obrigatório com `action: throttle`: o esperado é uma taxa como "100 per 1m"',
    ],
    [
      'line 1:14: not valid JSON: expected `,` or `}`, got "x"',
      'linha 1:14: não é JSON válido: o esperado é `,` ou `}`, e veio "x"',
    ],
    [
      'line 2:1: not valid JSON: expected a value, got the end of the text',
      'linha 2:1: não é JSON válido: o esperado é um valor, e veio o fim do texto',
    ],
    [
      'expected a whole number from 0 to 1,000,000, got `a; b`',
      'o esperado é um número inteiro de 0 a 1.000.000, e veio `a; b`',
    ],
    [
      'expected a mapping with the keys rate, even, got a list',
      'o esperado é um mapeamento com as chaves rate, even, e veio uma lista',
    ],
    [
      'expected a mapping with the keys rate, even, got nothing; write {} for the defaults',
      'o esperado é um mapeamento com as chaves rate, even, e não veio nada; escreva {} para ter os valores padrão',
    ],
    [
      'unknown key `polici`; did you mean `policy`?',
      'chave desconhecida `polici`; você quis dizer `policy`?',
    ],
    [
      '`PORT` is "x", `ADMIN_TOKEN` is set and not shown: expected a duration such as 500ms, 10s, 1m or 1d',
      '`PORT` é "x", `ADMIN_TOKEN` está definida e não é mostrada: o esperado é uma duração como 500ms, 10s, 1m ou 1d',
    ],
    ['.env:3:1: is not KEY=value; the line is ignored', '.env:3:1: não é CHAVE=valor; a linha é ignorada'],
    [
      'comporta.yaml:4:5 upstreams.score.url: is the same address as `listen`; choose another port',
      'comporta.yaml:4:5 upstreams.score.url: é o mesmo endereço que `listen`; escolha outra porta',
    ],
    [
      '--listen: expected true or false, got nothing',
      '--listen: o esperado é true ou false, e não veio nada',
    ],
    ['comporta.yaml: and 100 more problems', 'comporta.yaml: e mais 100 problemas'],
    [
      'no cached route has this path; expected one of /a, /b',
      'nenhuma rota com cache tem este caminho; o esperado é um destes: /a, /b',
    ],
    [
      'client 10.0.0.0/8 is less specific than 10.0.0.1 of rule slow',
      'o cliente 10.0.0.0/8 é menos específico que 10.0.0.1, da regra slow',
    ],
  ])('%s', (english, expected) => {
    expect(portuguese(english)).toBe(expected);
  });

  test('puts what somebody wrote back as it was, dollars too', () => {
    expect(portuguese("unknown key `$& $1 {names}`; known: a, $'")).toBe(
      "chave desconhecida `$& $1 {names}`; conhecidos: a, $'",
    );
  });

  test('is quick with what was made to be slow', () => {
    const startedMs = performance.now();
    for (const text of [
      '; '.repeat(1_900),
      'expected '.repeat(400),
      `${', got '.repeat(600)}`,
      '`'.repeat(3_999),
    ]) {
      expect(portuguese(text)).toBe(text);
    }
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
