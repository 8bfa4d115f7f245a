/** Text from outside made fit to be shown. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shellLine } from '../src/filter/shell.js';
import { runCommand } from '../src/linux/command.js';
import { beginning, jsonText, pieces, printable, printableData, printableLines } from '../src/printable.js';
import { shortened } from '../src/report/columns.js';
import { readable } from '../src/report/readable.js';
import { hostileText, raw } from './support/hostile.js';

describe('printable', () => {
  test.each([
    ['a\u001b[2J', 'a\\u001b[2J'],
    ['one\r\ntwo\tthree\0', 'one\\r\\ntwo\\tthree\\u0000'],
    ['\u0085\u009b\u007f', '\\u0085\\u009b\\u007f'],
    ['invoice\u202efdp.exe', 'invoice\\u202efdp.exe'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['half \ud83d of \ude00', 'half \\ud83d of \\ude00'],
    ['no UTF-8: \ufffd', 'no UTF-8: \\ufffd'],
  ])('%j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test.each(['王小明', 'Zoë 😀', 'שלום', 'back\\slash \\n', '\u00a0\u3000', ''])('%j stays what it is', (text) => {
    expect(printable(text)).toBe(text);
  });

  test('of any text: nothing raw, and a second time changes nothing', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const once = printable(text);
        expect(raw(once)).toEqual([]);
        expect(once).not.toContain('\n');
        expect(printable(once)).toBe(once);
      }),
    );
  });

  test('prose keeps its line breaks, of either kind; a tab is white space', () => {
    expect(printableLines('one\r\ntwo\n\tthree\u001b\r')).toBe('one\ntwo\n    three\\u001b\\r');
  });
});

describe('data', () => {
  test('texts and names of fields, at any depth; prose where it is named', () => {
    const data = { 'a\n': ['b\n', { c: 'd\n' }], text: { en: 'e\nf' }, n: 1, none: undefined };
    expect(printableData(data, ['text'])).toEqual({
      'a\\n': ['b\\n', { c: 'd\\n' }],
      text: { en: 'e\nf' },
      n: 1,
      none: undefined,
    });
  });

  test('bytes, functions and what has a class are left alone; where there is nothing to do, so is all', () => {
    const data = { bytes: Uint8Array.of(27), say: () => '\n', map: new Map([['a\n', 1]]), plain: [{ a: 'b' }] };
    expect(printableData(data)).toBe(data);
    const mixed = { ...data, name: '\n' };
    expect(printableData(mixed).plain).toBe(data.plain);
  });
});

test('JSON says exactly what the data say, and shows nothing raw, lines or none', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(undefined, 2), (data, indent) => {
      const text = jsonText(data, indent);
      expect(raw(text)).toEqual([]);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(data)));
    }),
  );
});

describe('what is cut is cut between characters', () => {
  /** Every piece of it is one of the whole. */
  const isWhole = (part: string, whole: string, mark: string): boolean => {
    const all = pieces(whole);
    return pieces(part.endsWith(mark) ? part.slice(0, -mark.length) : part).every((piece, i) => piece === all[i]);
  };

  test.each([
    [3, 'a…'],
    [7, 'a…'],
    [8, 'a\\u001b…'],
    [10, 'a\\u001b😀…'],
    [12, 'a\\u001b😀bcd'],
  ])('the first %i characters', (most, shown) => {
    expect(beginning('a\\u001b😀bcd', most)).toBe(shown);
  });

  test('at any length and width', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 1, max: 40 }), (text, most) => {
        const shown = printable(text);
        expect(isWhole(beginning(shown, most), shown, '…')).toBe(true);
        expect(beginning(shown, most).length).toBeLessThanOrEqual(Math.max(most, 1));
        expect(isWhole(shortened(shown, most, '…'), shown, '…')).toBe(true);
      }),
    );
  });

  test.each([
    ['GET / HTTP/1.0\r\n', 20, '"GET / HTTP/1.0\\r\\n"'],
    ['hello\u001b[2J and more', 12, '"hello\\u001b…"'],
    ['😀😀😀😀', 6, '"😀😀…"'],
  ])('data: %j', (text, most, shown) => {
    expect(readable(new TextEncoder().encode(text), most)).toBe(shown);
  });

  test('data that is no UTF-8', () => {
    expect(readable(Uint8Array.of(0x61, 0xff), 12)).toBe('"a\\ufffd"');
  });
});

test('a line for a shell is printable, and bash reads the very words', () => {
  const words = ['plain', "it's", 'a\u001b[2J\nb', "\\ and 'quotes' and \u0007", '$(id)', '`id`', 'a\u202eb', '\\n'];
  const line = shellLine(['printf', '%s\\0', ...words]);
  expect(raw(line)).toEqual([]);
  expect(line).not.toContain('\n');
  const environment = { LC_ALL: 'C.UTF-8' };
  expect(runCommand(['bash', '-c', line], { environment }).split('\0').slice(0, -1)).toEqual(words);
});
