/**
 * Where a line may end: behind blanks, and around Chinese characters where UAX #14 has it so, which keeps punctuation with what
 * it closes or opens. Of its tailorings (§8) this one is taken: words between blanks that have no such character in them stay
 * whole, for here they are options, paths, addresses, and names such as SYN/ACK.
 */
import { createRequire } from 'node:module';

/** Characters of East Asia with their punctuation, and emoji: lines may end beside them without a blank. */
const EAST_ASIAN = String.raw`[\u2e80-\ud7ff\uf900-\ufaff\ufe30-\uffef\u{1f000}-\u{3ffff}]`;
const HAS_EAST_ASIAN = new RegExp(EAST_ASIAN, 'u');
const MAY_BE_LAST = new RegExp(`(?: |${EAST_ASIAN})$`, 'u');
const MAY_BE_FIRST = new RegExp(`^${EAST_ASIAN}`, 'u');

const BEHIND_BLANKS = /(?<= )(?=[^ ])/;
/** UAX #14 does not end a line before a slash, not even behind a blank, and so would keep a path with the word before it. */
const BEFORE_WORDS = /(?<= )(?=[!-~])/;

/**
 * In Chinese, quotation marks are brackets: the line may be broken before what they open and behind what they close. So has
 * UAX #14 it since Unicode 16 (LB19a); the package is older, and would break on neither side.
 */
const asBrackets = (text: string): string => text.replace(/[“‘]/g, '（').replace(/[”’]/g, '）');

type Breaker = typeof import('css-line-break');
let breaker: Breaker | undefined;

/** Its tables take some 15 ms, which texts in English do without. */
const loaded = (): Breaker => (breaker ??= createRequire(import.meta.url)('css-line-break') as Breaker);

/** The pieces of a text of one line, blanks at their ends: between any two of them the line may be broken. */
export function unbreakable(text: string): readonly string[] {
  if (!HAS_EAST_ASIAN.test(text)) return text.split(BEHIND_BLANKS);
  const found: string[] = [];
  let before: string | undefined;
  for (const piece of chunks(text).flatMap(brokenUp)) {
    if (before === undefined || MAY_BE_LAST.test(before) || MAY_BE_FIRST.test(piece)) found.push(piece);
    else found.push((found.pop() ?? '') + piece);
    before = piece;
  }
  return found.flatMap((piece) => piece.split(BEFORE_WORDS));
}

function brokenUp(text: string): readonly string[] {
  const pieces: string[] = [];
  const breaks = loaded().LineBreaker(asBrackets(text), { lineBreak: 'strict' });
  let end = 0;
  for (let next = breaks.next(); !next.done; next = breaks.next()) {
    const piece = text.slice(end, end + next.value.slice().length);
    end += piece.length;
    pieces.push(piece);
  }
  return pieces;
}

const CHUNK = 256;
const LONGEST_CHUNK = 2048;
/** Between two Han characters a line may always end: UAX #14, LB31. */
const BETWEEN_HAN = /(?<=\p{Script=Han})(?=\p{Script=Han})/gu;

/**
 * A text in pieces that the package takes: it looks back over all before each character of some kinds, and no more than some
 * thousands fit its calls. A text that cannot be cut at one of its breaks is nobody's prose, and cut anywhere.
 */
function chunks(text: string): readonly string[] {
  if (text.length <= LONGEST_CHUNK) return [text];
  const found: string[] = [];
  let start = 0;
  const cutAt = (end: number): void => {
    found.push(text.slice(start, end));
    start = end;
  };
  const cutBefore = (end: number): void => {
    while (end - start > LONGEST_CHUNK) {
      const at = start + LONGEST_CHUNK;
      cutAt(HIGH_SURROGATE.test(text.charAt(at - 1)) ? at - 1 : at);
    }
  };
  for (const { index } of text.matchAll(BETWEEN_HAN)) {
    if (index - start < CHUNK) continue;
    cutBefore(index);
    cutAt(index);
  }
  cutBefore(text.length);
  return [...found, text.slice(start)];
}

const HIGH_SURROGATE = /[\ud800-\udbff]/;
