/** iptables' own options, as getopt_long(3) takes them: abbreviated, joined (`-vA`), with their value behind them. iptables/xshared.c. */

/** What each long option is in short; `line-numbers` has none. */
const LONG: Readonly<Record<string, string>> = {
  ...{ append: 'A', delete: 'D', check: 'C', insert: 'I', replace: 'R', list: 'L', 'list-rules': 'S', flush: 'F' },
  ...{ zero: 'Z', 'new-chain': 'N', 'delete-chain': 'X', 'rename-chain': 'E', policy: 'P', source: 's', src: 's' },
  ...{ destination: 'd', dst: 'd', protocol: 'p', 'in-interface': 'i', 'out-interface': 'o', jump: 'j', goto: 'g' },
  ...{ table: 't', match: 'm', numeric: 'n', verbose: 'v', wait: 'w', 'wait-interval': 'W', exact: 'x' },
  ...{ fragments: 'f', version: 'V', help: 'h', 'line-numbers': '0', modprobe: 'M', 'set-counters': 'c' },
  ...{ ipv4: '4', ipv6: '6' },
};

/** Short options that take nothing: another may follow in the same word. */
const WITHOUT_VALUE = 'bfnvx046hV';

/** Options of matches by whose names iptables' own could be meant, were the match not loaded before them. */
const OF_MATCHES: Readonly<Record<string, string>> = { set: 'recent', pol: 'policy' };

/**
 * The options that one word can stand for, by their letters; several where it abbreviates more than one.
 * @param before the words in front of it
 */
export function optionsIn(word: string, before: readonly string[]): readonly string[] {
  const long = /^--([^=]+)/.exec(word)?.[1];
  if (long === undefined) return shortOptions(word);
  if (Object.hasOwn(LONG, long)) return [LONG[long] ?? ''];
  const match = Object.hasOwn(OF_MATCHES, long) ? OF_MATCHES[long] : undefined;
  if (match !== undefined && before.some((word) => word.endsWith(match))) return [];
  return Object.entries(LONG).flatMap(([name, letter]) => (name.startsWith(long) ? letter : []));
}

function shortOptions(word: string): readonly string[] {
  if (!/^-[^-]/.test(word)) return [];
  const letters = word.slice(1).split('');
  const last = letters.findIndex((letter) => !WITHOUT_VALUE.includes(letter));
  return last < 0 ? letters : letters.slice(0, last + 1);
}

/** What follows an option wherever it stands: in the next word, behind `=`, or joined to its letter. */
export const valuesOf = (args: readonly string[], letter: string): readonly string[] =>
  args.flatMap((word, i) => {
    const letters = optionsIn(word, args.slice(0, i));
    if (!letters.includes(letter)) return [];
    const joined = word.startsWith('--') ? /=([^]*)/.exec(word)?.[1] : word.slice(1 + letters.length) || undefined;
    return [joined ?? args[i + 1] ?? ''];
  });
