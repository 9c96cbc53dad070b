import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigFolder } from './config-file.fixture.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

const shipped = readFileSync(new URL('../../comporta.yaml', import.meta.url), 'utf8');

/** Any outcome is right but an exception, or a rejection that says nothing. */
function expectVerdict(text: string): void {
  const result = folder.load(text);
  if ('problems' in result) {
    expect(result.problems.length).toBeGreaterThan(0);
    for (const { message } of result.problems)
      expect(message).not.toMatch(/^Invalid (input|option)|undefined/);
  } else {
    expect(Object.isFrozen(result.config)).toBe(true);
  }
}

// Thousands of loads of a file: seconds on a busy machine.
setDefaultTimeout(60_000);

test('any data gets a verdict', () => {
  const keys = fc.constantFrom(
    'upstreams',
    'routes',
    'a',
    'url',
    'limits',
    'path',
    'queue',
    'cache',
    'x y',
    'toString',
  );
  const leaves = fc.oneof(
    fc.constantFrom(null, true, 0, -1, 1e308, '', '1 per 1s', '/*', '$' + '{X}'),
    fc.string(),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      leaves,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (data) => expectVerdict(stringify(data))),
    { numRuns: 300 },
  );
});

test('the shipped file with any few characters changed gets a verdict', () => {
  const edit = fc.tuple(fc.nat(shipped.length), fc.nat(5), fc.string({ maxLength: 4 }));
  fc.assert(
    fc.property(edit, ([at, removed, added]) =>
      expectVerdict(shipped.slice(0, at) + added + shipped.slice(at + removed)),
    ),
    { numRuns: 300 },
  );
});

test('any one value of the shipped file replaced gets a verdict', () => {
  const values = [
    'null',
    '{}',
    '[]',
    '0',
    '"*"',
    'yes',
    '-1',
    '1e999',
    '[[]]',
    '{ a: { b: 1 } }',
    '$' + '{X:-}',
  ];
  const lines = shipped.split('\n');
  for (const [index, line] of lines.entries()) {
    const key = /^(\s*(?:- )?[a-z_]+:) \S/.exec(line)?.[1];
    if (key === undefined) continue;
    for (const value of values) expectVerdict(lines.toSpliced(index, 1, `${key} ${value}`).join('\n'));
  }
});
