/** The iptables arguments that a rule in an exercise may have: nothing but filtering TCP, and nothing that names a file or program. */
import { isIPv6 } from 'node:net';
import { RawshakeError } from '../error.js';
import { whyUnusable } from '../filter/unusable-rule.js';
import { splitArguments } from '../filter/user-rule.js';
import type { Family } from '../lab/addresses.js';
import { MissingValue } from './expression.js';

/**
 * An address of the family, with or without a prefix; of IPv4 also its first numbers alone, as iptables has it. Anything
 * else, `dead:beef` in IPv4 or 300 in one of its numbers, is a name to iptables, and would be looked up wherever this
 * machine looks names up.
 */
function isAddress(text: string, family: Family): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  if (more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return false;
  if (family === 6) return isIPv6(address) && !address.includes('%');
  return /^\d+(\.\d+){0,3}$/.test(address) && address.split('.').every((number) => Number(number) <= 255);
}

/** What may follow each option, each written out in full; null: nothing. */
const OPTIONS: Readonly<Record<string, RegExp | null>> = {
  '-t': /^(raw|filter|mangle)$/,
  '-p': /^(tcp|6)$/,
  '-i': /^(eth0|lo)$/,
  '-o': /^(eth0|lo)$/,
  '-m': /^(tcp|mark|comment|multiport|conntrack)$/,
  '--sport': /^\d+(:\d+)?$/,
  '--dport': /^\d+(:\d+)?$/,
  '--sports': /^[\d,:]+$/,
  '--dports': /^[\d,:]+$/,
  '--ports': /^[\d,:]+$/,
  '--mark': /^(0x[\da-fA-F]+|\d+)(\/(0x[\da-fA-F]+|\d+))?$/,
  '--comment': /^[\w .:-]{1,200}$/,
  '--ctstate': /^[A-Z,]+$/,
  '--syn': null,
  '-j': /^(DROP|ACCEPT|REJECT)$/,
};

/** What an address follows. */
const OF_ADDRESS: readonly string[] = ['-s', '-d'];

const LONG: Readonly<Record<string, string>> = {
  '--append': '-A',
  '--insert': '-I',
  '--table': '-t',
  '--protocol': '-p',
  '--source': '-s',
  '--src': '-s',
  '--destination': '-d',
  '--dst': '-d',
  '--in-interface': '-i',
  '--out-interface': '-o',
  '--match': '-m',
  '--source-port': '--sport',
  '--destination-port': '--dport',
  '--source-ports': '--sports',
  '--destination-ports': '--dports',
  '--jump': '-j',
};

const CHAIN = /^(OUTPUT|INPUT|PREROUTING|POSTROUTING)$/;
const FLAGS = /^(ALL|NONE|(SYN|ACK|FIN|RST|URG|PSH)(,(SYN|ACK|FIN|RST|URG|PSH))*)$/;

/**
 * The arguments of one iptables rule, taken apart without a shell and held against the list; addresses are of the family.
 * @throws {MissingValue} that says which word is none of them
 */
export function checkRule(text: string, family: Family): readonly string[] {
  const words = wordsOf(text);
  const found = [...words];
  let adds = 0;
  while (found.length > 0) {
    const word = found.shift() ?? '';
    const option = (Object.hasOwn(LONG, word) ? LONG[word] : undefined) ?? word;
    if (option === '!') continue;
    if (option === '-A' || option === '-I') {
      adds++;
      need(CHAIN, option, found.shift());
      if (option === '-I' && /^\d+$/.test(found[0] ?? '')) found.shift();
    } else if (option === '--tcp-flags') {
      need(FLAGS, option, found.shift());
      need(FLAGS, option, found.shift());
    } else if (OF_ADDRESS.includes(option)) {
      need({ test: (value) => isAddress(value, family) }, option, found.shift());
    } else {
      if (!Object.hasOwn(OPTIONS, option)) throw notARule(`${word} is not allowed here`, `这里不允许 ${word}`);
      const pattern = OPTIONS[option];
      if (pattern !== null && pattern !== undefined) need(pattern, option, found.shift());
    }
  }
  if (adds !== 1) throw notARule('it must add one rule, with -A or -I', '必须用 -A 或 -I 添加一条规则');
  return words;
}

function wordsOf(text: string): readonly string[] {
  try {
    const words = splitArguments(text);
    if (words[0] === 'sudo') words.shift();
    if (words[0] === 'iptables' || words[0] === 'ip6tables') words.shift();
    return words;
  } catch (error) {
    if (error instanceof RawshakeError) {
      const { en, zh } = whyUnusable(error);
      throw notARule(en, zh);
    }
    throw error;
  }
}

function need(pattern: Pick<RegExp, 'test'>, option: string, value: string | undefined): void {
  if (value === undefined) throw notARule(`something is missing behind ${option}`, `${option} 后面缺少内容`);
  if (!pattern.test(value)) throw notARule(`${value} is not allowed behind ${option}`, `${option} 后面不允许 ${value}`);
}

const notARule = (en: string, zh: string): MissingValue =>
  new MissingValue({ en: `not a rule: ${en}`, zh: `不是可用的规则：${zh}` });
