/** Prose in lines: how wide they are, where they end, and what becomes of their colours. */
import { readdirSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { LineBreaker } from 'css-line-break';
import fc from 'fast-check';
import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';
import { unbreakable } from '../../src/report/line-breaks.js';
import { hangingText, wrapText } from '../../src/report/wrap.js';

/** The project's own prose, a paragraph a line. */
const CHINESE = ['README.zh-CN.md', 'SECURITY.zh-CN.md', ...readdirSync('docs').map((file) => `docs/${file}`)]
  .filter((file) => file.endsWith('.zh-CN.md'))
  .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  .map((line) => line.replace(/[`*#|]|\]\([^)]*\)|\[/g, '').trim())
  .filter((line) => /\p{Script=Han}.{40}/u.test(line) && !line.includes('  '));

const WIDTHS = Array.from({ length: 101 }, (_, i) => 20 + i);

/** All of it at some widths, some of it at all. */
const WRAPPED = CHINESE.flatMap((text, i) =>
  (i % 10 === 0 ? WIDTHS : [20, 33, 47, 80]).map((width) => ({ text, width, lines: wrapText(text, width) })),
);

/** Of the characters that these texts are made of. */
const cells = (text: string): number =>
  Array.from(text).reduce(
    (sum, character) => sum + (/[\p{Script=Han}\u3000-\u303f\uff01-\uff60]/u.test(character) ? 2 : 1),
    0,
  );

/** Pairs of what a line ends with and the next begins with, where no blank stood between. */
function broken(text: string, lines: readonly string[]): readonly (readonly [string, string])[] {
  let end = 0;
  return lines.flatMap((line, i) => {
    const start = text.indexOf(line, end);
    const isTight = i > 0 && start === end;
    end = start + line.length;
    return isTight ? [[(lines[i - 1] ?? '').slice(-1), line.slice(0, 1)] as const] : [];
  });
}

describe('Chinese', () => {
  test('there is enough of it', () => {
    expect(CHINESE.length).toBeGreaterThan(100);
  });

  test('no line is wider than it may be, and nothing is lost', () => {
    for (const { text, width, lines } of WRAPPED) {
      expect(lines.filter((line) => cells(line) > width)).toEqual([]);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }
  });

  test('no line begins with what closes, or ends with what opens', () => {
    const begun = WRAPPED.flatMap(({ lines }) => lines.slice(1));
    const ended = WRAPPED.flatMap(({ lines }) => lines.slice(0, -1));
    expect(begun.filter((line) => /^[、。，：；！？）》」』】”’]/u.test(line))).toEqual([]);
    expect(ended.filter((line) => /[（《「『【“‘]$/u.test(line))).toEqual([]);
  });

  test('words and numbers stay whole, unless hardly a line holds them', () => {
    for (const { text, width, lines } of WRAPPED) {
      if (text.split(/[\p{Script=Han}\u3000-\u303f\uff01-\uff60 ]/u).some((word) => word.length > width - 6)) continue;
      expect(broken(text, lines).filter((ends) => ends.every((end) => /[!-~]/.test(end)))).toEqual([]);
    }
  });

  test('lines are full: the next begins with what had no room', () => {
    for (const { text, width, lines } of WRAPPED)
      for (const [i, line] of lines.slice(0, -1).entries()) {
        const [piece = ''] = unbreakable(lines[i + 1] ?? '');
        if (cells(piece) === cells(lines[i + 1] ?? '')) continue; // it may be part of a longer one
        expect(cells(line) + cells(piece.trimEnd()), text).toBeGreaterThanOrEqual(width);
      }
  });

  test('for example', () => {
    expect(wrapText('三次握手的第一个报文段。192.0.2.1 请求连接', 12)).toEqual([
      '三次握手的第',
      '一个报文段。',
      '192.0.2.1 请',
      '求连接',
    ]);
    expect(wrapText('一二三四五六。七', 12)).toEqual(['一二三四五', '六。七']);
    expect(wrapText('收到“SYN/ACK”的副本，不读 /proc/sys 也行', 14)).toEqual([
      '收到“SYN/ACK”',
      '的副本，不读',
      '/proc/sys 也行',
    ]);
  });
});

describe('English', () => {
  const word = fc.stringMatching(/^[("]?[A-Za-z0-9]([A-Za-z0-9.:'/-]{0,8}[A-Za-z0-9])?[)]?[,.;:!?]?$/);
  const prose = fc.array(word, { minLength: 1, maxLength: 30 }).map((words) => words.join(' '));

  test('is broken behind blanks where UAX #14 has it broken there', () => {
    fc.assert(
      fc.property(prose, (text) => {
        expect(unbreakable(text)).toEqual(behindBlanks(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('no line is wider than it may be, and nothing is lost', () => {
    fc.assert(
      fc.property(prose, fc.integer({ min: 5, max: 60 }), (text, width) => {
        const lines = wrapText(text, width);
        expect(lines.filter((line) => line.length > width)).toEqual([]);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });

  test('options, paths and names of segments stay whole; what no line holds does not', () => {
    expect(wrapText('the SYN/ACK, --tcp-flags and /proc/sys', 10)).toEqual([
      'the',
      'SYN/ACK,',
      '--tcp-flag',
      's and',
      '/proc/sys',
    ]);
    expect(wrapText('', 10)).toEqual(['']);
    expect(wrapText('读 ip_local_port_range：端口', 19)).toEqual(['读', 'ip_local_port_rang', 'e：端口']);
  });
});

/** UAX #14's own pieces, joined where no blank parts them. */
function behindBlanks(text: string): readonly string[] {
  const breaks = LineBreaker(text, { lineBreak: 'strict' });
  const found: string[] = [];
  for (let next = breaks.next(); !next.done; next = breaks.next()) {
    const piece = next.value.slice();
    if (found.at(-1)?.endsWith(' ') === false) found.push((found.pop() ?? '') + piece);
    else found.push(piece);
  }
  return found;
}

describe('colours', () => {
  const { bold, red, dim, bgBlue } = picocolors.createColors(true);

  test('end with their line and go on in the next', () => {
    expect(wrapText(`${bold('one two')} three`, 5, ' ')).toEqual([bold('one'), ` ${bold('two')}`, ' thre', ' e']);
    expect(wrapText(red(`一二${bold('三四')}五六`), 4)).toEqual([red('一二'), red(bold('三四')), red('五六')]);
    expect(wrapText(bgBlue(dim('a b')), 1)).toEqual([bgBlue(dim('a')), bgBlue(dim('b'))]);
  });

  test('take no room and change no line', () => {
    for (const text of CHINESE.slice(0, 40)) {
      const half = Math.floor(text.length / 2);
      const painted = `${red(text.slice(0, half))}${bold(text.slice(half))}`;
      expect(wrapText(painted, 40).map(stripVTControlCharacters)).toEqual(wrapText(text, 40));
    }
  });
});

test('a lead hangs before the lines', () => {
  expect(hangingText('二 ', 'one two', 6)).toEqual(['二 one', '   two']);
  expect(wrapText('a\nb c', 1, '')).toEqual(['a', 'b', 'c']);
});

describe('what no prose is, as long as a text of an exercise may be', () => {
  const LENGTH = 65_536;
  test.each(['a', 'a/', '/', '.', ',', ' ', ':', '\u0301', '“', '🇩🇪', '中', '中,a/', '👨‍👩‍👧'])(
    '%j again and again behind a Chinese character',
    (unit) => {
      const text = `中${unit.repeat(Math.floor(LENGTH / unit.length))}`;
      expect(unbreakable(text).join('')).toBe(text);
      expect(wrapText(text, 80).join('').length).toBeGreaterThan(0);
    },
  );

  test('a long paragraph of Chinese is broken where its parts are', () => {
    const sentence = '序号从初始值开始（ISS），每发送一个字节就加一；“确认号”则说明已经按顺序收到了什么。';
    expect(unbreakable(sentence.repeat(100))).toEqual(Array(100).fill(unbreakable(sentence)).flat());
  });
});
