// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration’s own variables look like that
import { expect, test } from 'bun:test';
import { expand, parseTemplate, references } from './interpolate.ts';

const VARIABLES: Record<string, string> = { A: 'one', EMPTY: '', B: '2', TRAP: `\${A}` };

function expanded(text: string) {
  const template = parseTemplate(text);
  if (template.kind === 'malformed') throw new Error(template.message);
  return expand(template.pieces, (name) => {
    const value = VARIABLES[name];
    return value === undefined ? undefined : { name, value, source: 'environment' };
  });
}

test.each([
  ['plain', 'plain'],
  ['${A}', 'one'],
  ['${A}${B}', 'one2'],
  ['${NONE:-10}s', '10s'],
  ['${B:-10} per ${NONE:-1}s', '2 per 1s'],
  ['${EMPTY:-x}', 'x'],
  ['${EMPTY}', ''],
  ['${NONE:-}', ''],
  ['${NONE:-${A}}', 'one'],
  ['${NONE:-${EMPTY:-a}b}', 'ab'],
  ['${NONE:-http://x:80/}', 'http://x:80/'],
  ['$${A}', '${A}'],
  ['$$${A}', '$${A}'],
  ['${NONE:-$${A}}', '${A}'],
  ['a $ b } c', 'a $ b } c'],
])('%s becomes %s', (text, result) => {
  expect(expanded(text).text).toBe(result);
});

test('what a variable holds is not a template again', () => {
  expect(expanded('${TRAP}').text).toBe('${A}');
});

test('only variables that gave something are said to be used', () => {
  expect(expanded('${A} ${EMPTY:-x} ${NONE:-y}').used.map(({ name }) => name)).toEqual(['A']);
});

test('a variable without value and default is missing, wherever it stands', () => {
  expect(expanded('${NONE} ${OTHER:-${INNER}}').missing).toEqual(['NONE', 'INNER']);
});

test.each(['${A', '${1A}', '${}', '${A-b}', '${A:-b', '${A B}', `${'${A:-'.repeat(9)}${'}'.repeat(9)}`])(
  '%s is malformed',
  (text) => {
    expect(parseTemplate(text).kind).toBe('malformed');
  },
);

test('references names every variable with its default', () => {
  const template = parseTemplate('${A} ${B:-${C:-1}s}');
  expect(template.kind === 'template' && references(template.pieces)).toEqual([
    { name: 'A', fallback: undefined },
    { name: 'B', fallback: '${C}s' },
    { name: 'C', fallback: '1' },
  ]);
});
