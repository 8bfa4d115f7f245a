/**
 * A text for `nft -f -` that may be a stranger's: nothing but what adds tables, chains and rules, and nothing that reads a file. nft(8);
 * nftables, src/scanner.l.
 */
import type { RawshakeError, Text } from '../error.js';
import { notHere, unusableRule } from './unusable-rule.js';

/** A comment, a quoted text, an escaped line end, what stands between; and what is left over, such as a quote without an end. */
const PIECE = /#[^\n]*|"[^"]*"|\\\n|[^#"\\]+|[^]/g;

/** What begins a command; objects by themselves are added. */
const OBJECTS = [
  ...[
    'table',
    'chain',
    'rule',
    'set',
    'map',
    'element',
    'flowtable',
    'counter',
    'quota',
    'limit',
    'secmark',
    'synproxy',
  ],
  ...['ct'],
];
const ADDS = ['add', 'insert', 'create', ...OBJECTS];
/** Of a file, which is loaded first: what makes room for it, and variables. */
const BESIDES = ['flush', 'delete', 'destroy', 'define', 'redefine', 'undefine'];

/**
 * The text as nft is to read it, without its comments: so it has no more in it than what was looked at.
 * @param whole it is a file of its own
 * @throws {RawshakeError} RS_USAGE where it includes a file, does something else than add, or has a quote without an end
 */
export function checkedNftScript(text: string, { whole }: { readonly whole: boolean }): string {
  let script = '';
  /** Outside of quotes; what they hold is left blank. */
  let bare = '';
  for (const [piece] of text.matchAll(PIECE)) {
    if (piece.startsWith('#')) continue;
    if (piece === '"') throw unusable({ en: 'a quote has no end', zh: '引号没有结束' });
    const plain = piece === '\\\n' ? ' ' : piece;
    script += plain;
    bare += piece.startsWith('"') ? '""' : plain;
  }
  // Wherever it stands: where nft's scanner lets a word begin need not be known.
  if (bare.includes('include')) throw unusable(NO_INCLUDE);
  const known = whole ? [...ADDS, ...BESIDES] : ADDS;
  const words = commandsIn(bare).map((command) => /^[^\s"{]+/.exec(command)?.[0] ?? command);
  const refused = words.find((word) => !known.includes(word));
  // What is no word of nft's may be of a file that is none of rules.
  if (refused !== undefined) throw unusable(/^[a-z]+$/.test(refused) ? notHere(refused) : NO_RULES);
  if (!words.some((word) => ADDS.includes(word))) throw unusable({ en: 'it adds nothing', zh: '其中没有添加任何内容' });
  return script;
}

/** Parted by line ends and semicolons that are in no braces. */
function commandsIn(bare: string): readonly string[] {
  const commands = [''];
  let depth = 0;
  for (const character of bare) {
    if (character === '{') depth++;
    else if (character === '}') depth--;
    if (depth === 0 && /[;\n]/.test(character)) commands.push('');
    else commands.push((commands.pop() ?? '') + character);
  }
  return commands.map((command) => command.trim()).filter((command) => command !== '');
}

const NO_RULES: Text = { en: 'these are no commands of nft', zh: '这些不是 nft 的命令' };
const NO_INCLUDE: Text = {
  en: 'include does not belong here: no other file is read',
  zh: '这里不能用 include：不会读取其他文件',
};

const unusable = (why: Text): RawshakeError => unusableRule(why, { hint: HINT });

const CHAIN = "nft add chain inet mine output '{ type filter hook output priority raw; }'";

const HINT: Text = {
  en: `Only what adds is taken, each command in a --rule of its own: nft add table inet mine; ${CHAIN}; nft add rule inet mine output tcp flags rst drop. A file is given by --ruleset FILE.`,
  zh: `只接受添加类命令，每条命令用一个 --rule：nft add table inet mine；${CHAIN}；nft add rule inet mine output tcp flags rst drop。文件请用 --ruleset FILE。`,
};
