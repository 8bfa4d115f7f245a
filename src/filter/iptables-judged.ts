/** What the rules say that `iptables-save` prints. iptables-extensions(8). */
import { type Jump, reachedFrom } from './chain-reach.js';
import type { Family } from './flow.js';
import type { SavedRule } from './iptables-save.js';
import type { Condition, Hook, JudgedRule, Range, RuleMatch, RuleVerdict } from './judged-rule.js';
import { addressRange, portRange } from './ranges.js';
import { shellLine } from './shell.js';

type Rule = Pick<SavedRule, 'table' | 'chain' | 'match'>;

/** In their order. `all`: every rule that there is, for one may stand in a chain that another leads to. */
export const judgedIptables = (all: readonly Rule[], family: Family): readonly JudgedRule[] => {
  const hooks = hooksOf(all);
  return all.map(({ table, chain, match }) => {
    const program = family === 4 ? 'iptables' : 'ip6tables';
    return {
      backend: 'iptables',
      families: [family],
      place: placeOf(table, chain),
      hook: hooks.get(placeOf(table, chain))?.hook,
      nat: table === 'nat',
      beforeConntrack: table === 'raw',
      matches: matchesIn(match),
      verdict: verdictOf(match),
      text: shellLine([program, ...(table === 'filter' ? [] : ['-t', table]), '-A', chain, ...match]),
    };
  });
};

const HOOKS: Readonly<Record<string, Hook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

const placeOf = (table: string, chain: string): string => `${table} ${chain}`;

/** Of each chain in which a rule stands; of one of the user's own, where the rules stand that lead to it. */
function hooksOf(all: readonly Rule[]): ReadonlyMap<string, { readonly hook: Hook }> {
  const bases = new Map<string, { readonly hook: Hook }>();
  const jumps: Jump[] = [];
  for (const { table, chain, match } of all) {
    const place = placeOf(table, chain);
    const hook = Object.hasOwn(HOOKS, chain) ? HOOKS[chain] : undefined;
    if (hook !== undefined) bases.set(place, { hook });
    const target = targetOf(match);
    if (target !== undefined) jumps.push([place, placeOf(table, target)]);
  }
  return reachedFrom(bases, jumps);
}

const JUMPS: readonly (string | undefined)[] = ['-j', '--jump', '-g', '--goto'];

const targetAt = (match: readonly string[]): number => match.findIndex((word) => JUMPS.includes(word));

function targetOf(match: readonly string[]): string | undefined {
  const at = targetAt(match);
  return at < 0 ? undefined : match[at + 1];
}

function verdictOf(match: readonly string[]): RuleVerdict {
  const at = targetAt(match);
  const words = at < 0 ? [] : match.slice(at + 1);
  return { does: does(words), words: words.length === 0 ? 'none' : words.join(' ') };
}

/** Without a program at the queue, as in a lab, NFQUEUE drops. */
function does(words: readonly string[]): RuleVerdict['does'] {
  switch (words[0] ?? 'none') {
    case 'DROP':
      return 'drop';
    case 'REJECT':
      return 'reject';
    case 'NFQUEUE':
      return words.includes('--queue-bypass') ? 'other' : 'drop';
    case 'ACCEPT':
      return 'accept';
  }
  return 'other';
}

/** Matches whose options are read one by one; of any other all options are one condition. */
const READ: readonly string[] = ['tcp', 'multiport', 'mark', 'owner', 'conntrack', 'state', 'iprange'];

const BOUNDING: readonly string[] = ['limit', 'hashlimit', 'statistic', 'quota', 'connlimit', 'recent'];

const kindOf = (match: string): 'time' | 'string' | 'limit' | 'other' => {
  if (match === 'time' || match === 'string') return match;
  return BOUNDING.includes(match) ? 'limit' : 'other';
};

function matchesIn(words: readonly string[]): readonly RuleMatch[] {
  const found: RuleMatch[] = [];
  /** The match that is not read option by option, with what has been said of it until now. */
  let whole: string[] | undefined;
  let negated = false;
  const end = targetAt(words);
  const rest = words.slice(0, end < 0 ? words.length : end);
  const close = (): void => {
    const [, name = ''] = whole ?? [];
    if (whole !== undefined && name !== 'comment')
      found.push({ kind: kindOf(name), words: whole.join(' '), negated: false });
    whole = undefined;
  };
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    if (word === '-m' || word === '--match') {
      close();
      const name = rest.shift() ?? '';
      if (!READ.includes(name)) whole = [word, name];
    } else if (whole !== undefined) whole.push(word);
    else if (word === '!') negated = true;
    else {
      const values = rest.splice(0, word === '--tcp-flags' ? 2 : word.startsWith('--socket-') ? 0 : 1);
      const said = `${negated ? '! ' : ''}${[word, ...values].join(' ')}`;
      found.push({ ...conditionOf(word, values), words: said, negated });
      negated = false;
    }
  }
  close();
  return found;
}

function conditionOf(option: string, [value = '', second = '']: readonly string[]): Condition {
  switch (option) {
    case '-p':
    case '--protocol':
      return { kind: 'protocol', tcp: ['tcp', '6', 'all', '0'].includes(value) };
    case '-s':
    case '--source':
    case '--src':
    case '--src-range':
      return { kind: 'src', ranges: each(value, addressRange) };
    case '-d':
    case '--destination':
    case '--dst':
    case '--dst-range':
      return { kind: 'dst', ranges: each(value, addressRange) };
    case '--sport':
    case '--source-port':
    case '--sports':
    case '--source-ports':
      return { kind: 'srcPort', ranges: each(value, ports) };
    case '--dport':
    case '--destination-port':
    case '--dports':
    case '--destination-ports':
      return { kind: 'dstPort', ranges: each(value, ports) };
    case '--tcp-flags':
      return { kind: 'flags', mask: flags(value), set: flags(second) };
    case '--mark': {
      const [mark = '', mask = '0xffffffff'] = value.split('/');
      return { kind: 'mark', value: Number(mark), mask: Number(mask) };
    }
    case '--uid-owner':
    case '--gid-owner': {
      const [low, high = low] = value.split('-').map(Number);
      const everyone = low === 0 && high !== undefined && high >= LAST_ID;
      return { kind: 'owner', of: option === '--uid-owner' ? 'user' : 'group', everyone };
    }
    case '--socket-exists':
      return { kind: 'owner', of: 'socket', everyone: true };
    case '-i':
    case '--in-interface':
      return { kind: 'in', name: value };
    case '-o':
    case '--out-interface':
      return { kind: 'out', name: value };
    case '--ctstate':
    case '--state':
      return { kind: 'state', states: value.toLowerCase().split(',') };
  }
  return { kind: 'other' };
}

/** The one above stands for none. chown(2) */
const LAST_ID = 0xffff_fffe;

const ports = (text: string): Range | undefined => portRange(text, ':');

/** undefined where one of them is not understood. */
function each(list: string, read: (text: string) => Range | undefined): readonly Range[] | undefined {
  const ranges = list.split(',').map(read);
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

const FLAGS: Readonly<Record<string, number>> = {
  ...{ FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20 },
  ...{ ALL: 0x3f, NONE: 0 },
};

const flags = (list: string): number => list.split(',').reduce((sum, name) => sum | (FLAGS[name] ?? 0), 0);
