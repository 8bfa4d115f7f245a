/** Text from outside made fit to be shown. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shellLine } from '../src/filter/shell.js';
import { runCommand } from '../src/linux/process/command.js';
import { beginning, jsonText, nameOf, pieces, printable, printableData, printableLines } from '../src/printable.js';
import { shortened } from '../src/report/columns.js';
import { readable } from '../src/report/readable.js';
import { segmentName } from '../src/report/segment-name.js';
import { TcpFlag } from '../src/wire/index.js';
import { hostileText, raw } from './support/hostile.js';

describe('printable', () => {
  test.each([
    ['a\u001b[2J', 'a\\u001b[2J'],
    ['one\r\ntwo\tthree\0', 'one\\r\\ntwo\\tthree\\u0000'],
    ['\u0085\u009b\u007f', '\\u0085\\u009b\\u007f'],
    ['invoice\u202efdp.exe', 'invoice\\u202efdp.exe'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['\u2800\u3164\u115f\u1160\uffa0', '\\u2800\\u3164\\u115f\\u1160\\uffa0'],
    [`a${'\u0301'.repeat(10)}b`, `a${'\u0301'.repeat(8)}\\u0301\\u0301b`],
    ['private \ue000 use \u{f0000}', 'private \\ue000 use \\udb80\\udc00'],
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

describe('names of files', () => {
  test.each([
    ['caf\\xE9', 'caf\\x5CxE9'],
    ['a\\nb', 'a\\x5Cnb'],
    ['a\\u001b', 'a\\x5Cu001b'],
    ['a\\x5Cn', 'a\\x5Cx5Cn'],
  ])('%s looks escaped and is not: %s', (name, shown) => {
    expect(printable(nameOf(Buffer.from(name)))).toBe(shown);
  });

  test.each(['back\\slash', '\\', 'a\\xe9', '\\uFFFD', '\\x', 'C:\\dir'])('%s stays what it is', (name) => {
    expect(nameOf(Buffer.from(name))).toBe(name);
  });

  test('bytes that are no UTF-8, among others', () => {
    expect(nameOf(Buffer.from([0x63, 0xe9, 0xc3, 0xa9, 0x5c, 0xff]))).toBe('c\\xE9é\\\\xFF');
  });

  test('no two are shown alike: what is shown says what the bytes are', () => {
    const words = ['\\', '\\\\', '\\x', '\\xE', 'x5C', '5C', 'E9', '\\n', '\n', 'n', '\\u', '001b', 'ufffd'];
    const part = fc.oneof(
      fc.oneof(hostileText, fc.constantFrom(...words)).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    );
    const [byte, escapes] = [/^\\x[0-9A-F]{2}$/, /^(?:\\u[0-9a-f]{4}|\\[nrt])+$/];
    const bytesOf = (shown: string): Buffer =>
      Buffer.concat(
        shown.split(/(\\x[0-9A-F]{2}|(?:\\u[0-9a-f]{4}|\\[nrt])+)/).map((piece) => {
          if (byte.test(piece)) return Buffer.from(piece.slice(2), 'hex');
          return Buffer.from(escapes.test(piece) ? (JSON.parse(`"${piece}"`) as string) : piece);
        }),
      );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const bytes = Buffer.concat(parts);
        expect(bytesOf(printable(nameOf(bytes)))).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
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

  test.each([
    ['text', new TextEncoder().encode('hello'), '"hello"'],
    [
      'text that is cut within a character',
      new TextEncoder().encode('握手握手握手握手握手握手握手握手握手').subarray(0, 20),
      /^"握手/,
    ],
    ['what is no UTF-8', new Uint8Array(1448).fill(0xff), 'data, 1,448 bytes'],
    ['zeros', Uint8Array.of(0), 'data, 1 byte'],
  ])('a segment is named by its data: %s', (_, payload, name) => {
    expect(segmentName({ flags: TcpFlag.ACK, payload })).toMatch(name);
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
