// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration’s own variables look like that
import { expect, test } from 'bun:test';
import { parseDotEnv } from './dotenv.ts';

test.each([
  ['A=1', '1'],
  ['  A = spaced out  ', 'spaced out'],
  ['export A=1', '1'],
  ['A=', ''],
  ['A=a b # comment', 'a b'],
  ['A=a#b', 'a#b'],
  ['A=# comment', ''],
  ['A="a # b"', 'a # b'],
  ['A="a # b" # comment', 'a # b'],
  ['A="line\\nnext \\"q\\" \\\\"', 'line\nnext "q" \\'],
  ["A='as $it \\n is'", 'as $it \\n is'],
  ['A=x=y', 'x=y'],
  ['A=1\nA=2', '2'],
  ['\uFEFFA=1\r\n', '1'],
  ['A=${B}', '${B}'],
])('%j gives %j', (text, value) => {
  const { values, unreadLines } = parseDotEnv(text);
  expect([values.get('A'), values.size, unreadLines]).toEqual([value, 1, []]);
});

test('comments and empty lines say nothing; other lines are told by number', () => {
  const { values, unreadLines } = parseDotEnv("# c\n\n  # d\nnonsense\nA=1\n1A=2\nB=\"open\nC='x' y");
  expect([...values]).toEqual([['A', '1']]);
  expect(unreadLines).toEqual([4, 6, 7, 8]);
});
