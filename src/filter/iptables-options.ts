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

/**
 * Options of matches by whose names iptables' own are meant where the match is not loaded before them; and what iptables
 * does not take behind its own: counters begin with a number (sscanf(3)), and no built-in chain has such a name.
 */
const OF_MATCHES: Readonly<Record<string, { readonly match: string; readonly value: RegExp }>> = {
  set: { match: 'recent', value: /^(?!\s*[-+]?\d)/ },
  pol: { match: 'policy', value: /^(?:ipsec|none)$/ },
};

/** The options that the word there can stand for, by their letters; several where it abbreviates more than one. */
export function optionsAt(args: readonly string[], at: number): readonly string[] {
  const word = args[at] ?? '';
  const [, long = '', joined] = LONG_OPTION.exec(word) ?? [];
  const other = Object.hasOwn(OF_MATCHES, long) ? OF_MATCHES[long] : undefined;
  const isOther =
    other?.value.test(joined ?? args[at + 1] ?? '') === true &&
    args.some((_, i) => i < at && valueAt(args, i, 'm') === other.match);
  return isOther ? [] : ownOptions(word);
}

const LONG_OPTION = /^--([^=]+)(?:=([^]*))?$/;

/** As if no match were loaded. */
function ownOptions(word: string): readonly string[] {
  const long = LONG_OPTION.exec(word)?.[1];
  if (long === undefined) return shortOptions(word);
  if (Object.hasOwn(LONG, long)) return [LONG[long] ?? ''];
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
  args.flatMap((_, i) => valueAt(args, i, letter) ?? []);

/** undefined where the word there is not the option. */
function valueAt(args: readonly string[], at: number, letter: string): string | undefined {
  const word = args[at] ?? '';
  const letters = ownOptions(word);
  if (!letters.includes(letter)) return undefined;
  const joined = word.startsWith('--') ? LONG_OPTION.exec(word)?.[2] : word.slice(1 + letters.length) || undefined;
  return joined ?? args[at + 1] ?? '';
}

/** The same of an option of a match, by all the ways in which it can be written. */
export const valuesBehind = (args: readonly string[], option: RegExp): readonly string[] =>
  args.flatMap((word, i) => {
    const [, long = '', joined] = LONG_OPTION.exec(word) ?? [];
    return option.test(long) ? [joined ?? args[i + 1] ?? ''] : [];
  });

/**
 * How many rules the arguments of iptables ask for: one for each pair of the addresses that a source and a destination list
 * (do_command4()).
 */
export const rulesOf = (args: readonly string[]): number =>
  ['s', 'd'].reduce((product, letter) => product * Math.max(1, listed(valuesOf(args, letter))), 1);

const listed = (values: readonly string[]): number => values.flatMap((value) => value.split(',')).length;
