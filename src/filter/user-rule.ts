/** A user's own rule: the arguments of iptables as a person types them, taken apart without a shell, and what to run with them. */
import { RawshakeError, type Text } from '../error.js';
import type { Family } from './flow.js';
import { optionsIn } from './iptables-options.js';
import type { Argv } from './ports.js';

export interface UserRule {
  /** `ip6tables`, `iptables-legacy`, …, where the text named one; left out: the one for the connection's IP version. */
  readonly program?: string;
  readonly args: readonly string[];
}

/** How a user's rule is loaded and read back for a connection. */
export interface UserRuleCommands {
  /** Which IP version the program is for, whatever the connection's is. */
  readonly family: Family;
  readonly add: Argv;
  /** Prints all tables with counters. */
  readonly save: Argv;
}

/**
 * `[sudo] [iptables] -A OUTPUT …`. Nothing is corrected: what iptables makes of it is iptables' own.
 * @throws {RawshakeError} RS_USAGE where a quote stays open, where no rule is added, or where more than that is asked for
 */
export function parseUserRule(text: string): UserRule {
  const words = splitArguments(text);
  if (words[0] === 'sudo') words.shift();
  const [first = ''] = words;
  const program = /^(?:\/\S*\/)?(ip6?tables(?:-legacy|-nft)?)$/.exec(first)?.[1];
  const args = program === undefined ? words : words.slice(1);
  const options = args.map((word, i) => optionsIn(word, args.slice(0, i)));
  const refused = args.find((_, i) => options[i]?.some((letter) => NOT_HERE.includes(letter)));
  if (refused !== undefined) throw unusable(`${refused} does not belong here`, ONLY_ADDS);
  if (!options.flat().some((letter) => ADDS.includes(letter))) throw unusable('it adds no rule', ONLY_ADDS);
  return { ...(program !== undefined && { program }), args };
}

export function userRuleCommands({ program, args }: UserRule, family: Family): UserRuleCommands {
  const run = program ?? (family === 4 ? 'iptables' : 'ip6tables');
  return { family: run.startsWith('ip6') ? 6 : 4, add: [run, '-w', ...args], save: [`${run}-save`, '-c'] };
}

const ADDS = 'AI';

/** The other commands of iptables(8), what sets the counters by which the rule is judged, and `-M`, which runs a program. */
const NOT_HERE = 'DRLSFZNXPEChVMc';

/**
 * Words as a POSIX shell would split them: blanks part them; quotes and the backslash keep what they protect. Nothing else
 * has a meaning: no variables, no patterns, no operators.
 * @throws {RawshakeError} RS_USAGE where a quote stays open or a backslash protects nothing
 */
export function splitArguments(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let rest = text;
  while (rest !== '') {
    const [piece = ''] = PIECE.exec(rest) ?? [];
    if (piece === '') throw unusable(`what ${rest.charAt(0)} begins has no end`, CLOSE_QUOTES);
    rest = rest.slice(piece.length);
    if (/^\s/.test(piece)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + unquoted(piece);
  }
  return word === undefined ? words : [...words, word];
}

/** Blanks; quoted in either way; one protected character; or a run of plain ones. */
const PIECE = /^(\s+|'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]|[^\s'"\\]+)/;

function unquoted(piece: string): string {
  switch (piece.charAt(0)) {
    case "'":
      return piece.slice(1, -1);
    case '"':
      return piece.slice(1, -1).replaceAll(/\\(["\\$`])/g, '$1');
    case '\\':
      return piece.slice(1);
  }
  return piece;
}

const EXAMPLE = "--rule '-t raw -A OUTPUT -p tcp --tcp-flags RST RST -j DROP'";

const ONLY_ADDS: Text = {
  en: `Give the arguments of one iptables rule that is added, with -A or -I: ${EXAMPLE}`,
  zh: `请给出一条用 -A 或 -I 添加的 iptables 规则的参数：${EXAMPLE}`,
};

const CLOSE_QUOTES: Text = {
  en: `Close each quote, and put the whole rule in quotes of the other kind: ${EXAMPLE}`,
  zh: `请让引号成对，并用另一种引号把整条规则括起来：${EXAMPLE}`,
};

const unusable = (why: string, hint: Text): RawshakeError => new RawshakeError('RS_USAGE', `rule: ${why}`, { hint });
