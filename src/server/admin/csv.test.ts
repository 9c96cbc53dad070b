import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { csvLine } from './csv.ts';

describe('text that a spreadsheet would run', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
    ['  =1', "'  =1"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['\uff1d1', "'\uff1d1"],
  ])('%j becomes %j', (text, written) => {
    expect(csvLine([text])).toBe(`${written}\r\n`);
  });

  test('numbers are no text', () => {
    expect(csvLine([-1.5, 0, undefined, null])).toBe('-1.5,0,,\r\n');
  });
});

test('a reader of RFC 4180 gets every text back, behind the apostrophe', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (texts) => {
      const cells = readCsvLine(csvLine(texts));
      expect(cells.map((cell, index) => (cell === texts[index] ? cell : cell.slice(1)))).toEqual(texts);
      for (const cell of cells) expect(/^[=+\-@\t\r]/.test(cell)).toBe(false);
    }),
  );
});

function readCsvLine(line: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = line[at] === '"';
    const pattern = quoted ? /"((?:[^"]|"")*)"/y : /[^,\r\n"]*/y;
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match === null) throw new Error(`no cell at ${at} of ${JSON.stringify(line)}`);
    cells.push(quoted ? match[1]!.replaceAll('""', '"') : match[0]);
    at += match[0].length;
    if (line.slice(at) === '\r\n') return cells;
    if (line[at] !== ',') throw new Error(`no comma at ${at} of ${JSON.stringify(line)}`);
    at++;
  }
}
