/**
 * What a rule may have in it that is loaded in a network namespace of its own, where it is to change nothing beyond and to
 * take little of the kernel's memory. A list of what is allowed, for anybody may add to iptables and nft; each by the
 * kernel's source (net/netfilter, net/ipv4/netfilter, net/ipv6/netfilter). iptables-extensions(8), nft(8).
 */
import { about, type RawshakeError, spaced, type Text, verbatim } from '../error.js';
import { unusableRule } from './unusable-rule.js';
import { shownLine } from '../shown-line.js';
import { rulesOf, valuesBehind, valuesOf } from './iptables-options.js';
import { refuseLongWalk, type Step } from './rule-walk.js';
import { chainMadeBy, MOST_RULES, type UserIptables, type UserRule } from './user-rule.js';

const words = (text: string): readonly string[] => text.split(' ');

const MATCHES: readonly string[] = [
  // Look at the packet alone.
  ...words(
    'tcp udp udplite sctp dccp icmp icmp6 icmpv6 ipv6-icmp ah esp ipcomp eui64 frag hbh dst rt ipv6header mh srh',
  ),
  ...words('comment dscp tos ecn hl ttl iprange length limit mac mark multiport pkttype statistic string tcpmss u32'),
  // And at its route, socket, user or time; no one else sees that they do.
  ...words('addrtype cluster cpu devgroup owner policy quota realm rpfilter socket time'),
  // Keep what they count in the namespace, since netns support of xt_recent and xt_hashlimit (2.6.34), and of conntrack.
  ...words('connbytes connlabel connlimit connmark conntrack state helper recent hashlimit'),
];

const TARGETS: readonly string[] = [
  ...words('ACCEPT DROP RETURN QUEUE REJECT'),
  // Change the packet, or its way within the namespace.
  ...words('CHECKSUM CLASSIFY DSCP ECN HL HMARK MARK TCPMSS TCPOPTSTRIP TOS TTL'),
  ...words('DNAT SNAT DNPT SNPT MASQUERADE NETMAP REDIRECT TEE TPROXY SYNPROXY'),
  // Change its connection, which is the namespace's.
  ...words('CONNMARK CT NOTRACK'),
  // Tell listeners in the namespace; the kernel's log of the machine only where net.netfilter.nf_log_all_netns is set.
  ...words('LOG NFLOG NFQUEUE TRACE'),
];

/** Statements of a rule, as `nft --json` names them; the same kinds. */
const STATEMENTS: readonly string[] = [
  ...words('match counter last accept drop continue return jump goto vmap reject queue quota limit meter set map'),
  ...['mangle', 'reset', 'notrack', 'log', 'snat', 'dnat', 'masquerade', 'redirect', 'dup', 'fwd', 'flow'],
  ...['tproxy', 'synproxy', 'ct count', 'ct timeout', 'ct expectation'],
];

/**
 * Words of nft's whose very loading reaches further: fingerprints that the machine has one table of, security contexts,
 * groups of processes, and modules that are loaded by name. And what writes to the audit log of the machine.
 */
const NFT_BEYOND = /osf|secmark|cgroupv2|helper/;
/** A chain without a name: what is in it `nft --json` does not list, so nobody can count it. nft(8), VERDICT STATEMENT */
const NFT_UNNAMED = /\b(?:jump|goto)\s*\{/;
const NFT_AUDIT = /level\s*"?audit/;

/** `size` of a set, a map or a meter, and what stands behind it; as a field of a TCP option, in the line of its name, it is another. */
const NFT_SIZE =
  /(?<![\w./-])(?:(?<=\boption[ \t]+(?:maxseg|mss)[ \t]+)(?<field>size)|size)(?![\w./-])(?=\s*(?<said>[^\s;{}]*))/g;

/** Nothing else is a size, for a variable may stand for any. */
const NUMBER = /^(?:\d+|0x[\da-f]+)$/i;

/** What is reserved at once: 8 bytes and more for each (nft_hash_init(), htable_create()). */
const MOST_ENTRIES = 65_536;
const MOST_ENTRIES_IN_ALL = 4 * MOST_ENTRIES;

/** Where the value of a variable begins, and names of them. nftables, src/scanner.l. */
const NFT_DEFINES = /\b(?:re)?define\s+/;
const NFT_NAME = /^[a-z][\w/.-]*/i;
const NFT_VARIABLE = /\$([a-z][\w/.-]*)/gi;

/** Options of hashlimit by which its table has a size, in any length that getopt_long(3) takes. */
const HASHLIMIT_SIZE = /^hashlimit-htable-[sm]/;

/** How `string` searches is a module, ts_NAME, that the kernel loads (textsearch_prepare()). */
const ALGORITHM = /^al(?:go?)?$/;
const ALGORITHMS: readonly string[] = ['bm', 'kmp'];

/**
 * To be called before any of them is loaded.
 * @throws {RawshakeError} RS_USAGE where one reaches beyond its network namespace, or together they would take much memory
 */
export function refuseFarReaching(rules: readonly UserRule[]): void {
  const commands = rules.flatMap((rule) => (rule.backend === 'iptables' ? rule.commands : []));
  const chains = new Map<string | undefined, Set<string>>();
  for (const rule of rules) {
    if (rule.backend !== 'iptables') continue;
    const made = chains.get(rule.program) ?? new Set();
    chains.set(rule.program, made);
    refuseIptables(rule.commands, made);
  }
  refuseManyRules(commands);
  for (const isOther of [isIpv6Only, isIpv4Only])
    refuseLongWalk(
      rules.flatMap((rule) => (rule.backend === 'iptables' && !isOther(rule) ? rule.commands.flatMap(stepsOf) : [])),
    );
  const scripts = rules.flatMap((rule) => (rule.backend === 'nft' ? [rule.script] : []));
  for (const script of scripts) refuseNft(script);
  const sizes = [...commands.flatMap(hashlimitSizes), ...scripts.flatMap(nftSizes)];
  let sum = 0;
  for (const { said, line } of sizes) {
    const size = NUMBER.test(said) ? Number(said) : Infinity;
    if (size > MOST_ENTRIES)
      throw refused(
        { en: `size ${said}: more than ${MOST_ENTRIES} entries`, zh: `大小 ${said}（超过 ${MOST_ENTRIES} 项）` },
        SMALLER,
        line,
      );
    sum += size;
  }
  if (sum > MOST_ENTRIES_IN_ALL)
    throw refused(
      {
        en: `sizes: more than ${MOST_ENTRIES_IN_ALL} entries in all`,
        zh: `这样的大小（总共超过 ${MOST_ENTRIES_IN_ALL} 项）`,
      },
      SMALLER,
      sizes.at(-1)?.line ?? '',
    );
  for (const script of scripts) refuseManyValues(script);
}

/** A few lines with lists of addresses would be millions of rules. */
function refuseManyRules(commands: readonly (readonly string[])[]): void {
  let sum = 0;
  for (const args of commands) {
    sum += rulesOf(args);
    if (sum > MOST_RULES)
      throw refused(
        { en: `lists: more than ${MOST_RULES} rules in all`, zh: `这样的列表（总共超过 ${MOST_RULES} 条规则）` },
        FEWER,
        args.join(' '),
      );
  }
}

/** What names no program is for the connection's IP version, whichever that is. */
const isIpv6Only = ({ program }: UserIptables): boolean => program?.startsWith('ip6') === true;
const isIpv4Only = (rule: UserIptables): boolean => rule.program !== undefined && !isIpv6Only(rule);

function stepsOf(args: readonly string[]): readonly Step[] {
  const table = valuesOf(args, 't').at(-1) ?? 'filter';
  const inTable = (chain: string): string => `${table} ${chain}`;
  const to = ['j', 'g'].flatMap((letter) => valuesOf(args, letter)).map(inTable);
  return ['A', 'I'].flatMap((letter) =>
    valuesOf(args, letter).map((chain) => ({ from: inTable(chain), to, rules: rulesOf(args) })),
  );
}

/** A few variables that name others would be any number of values, each of which nft keeps. */
function refuseManyValues(script: string): void {
  const sizes = new Map<string, number>();
  let sum = 0;
  // Each up to the next: with what follows the last, which is more than it has.
  for (const piece of withoutQuoted(script).split(NFT_DEFINES)) {
    const [name = ''] = NFT_NAME.exec(piece) ?? [];
    const others = [...piece.matchAll(NFT_VARIABLE)].map(([, variable = '']) => sizes.get(variable) ?? 1);
    const size = others.reduce((total, one) => total + one, piece.split(',').length);
    sizes.set(name, Math.max(size, sizes.get(name) ?? 0));
    sum += size;
    if (sum > MOST_ENTRIES_IN_ALL)
      throw refused(
        {
          en: `variables: more than ${MOST_ENTRIES_IN_ALL} values in all`,
          zh: `这样的变量（总共超过 ${MOST_ENTRIES_IN_ALL} 个值）`,
        },
        FEWER,
        piece.split('\n')[0] ?? '',
      );
  }
}

/**
 * @param chains that are made before, by the same program: it makes none by the name of a target that it knows
 * (assert_valid_chain_name()), so the rules behind it are not loaded
 */
function refuseIptables(commands: readonly (readonly string[])[], chains: Set<string>): void {
  for (const args of commands) {
    const chain = chainMadeBy(args);
    if (chain === undefined) refuseIptablesRule(args, chains);
    else chains.add(chain);
  }
}

function refuseIptablesRule(args: readonly string[], chains: ReadonlySet<string>): void {
  const line = args.join(' ');
  const match = valuesOf(args, 'm').find((name) => !MATCHES.includes(name));
  if (match !== undefined) throw refused(verbatim(`-m ${match}`), BEYOND, line);
  const targets = valuesOf(args, 'j');
  const target = targets.find((name) => !TARGETS.includes(name) && !chains.has(name));
  if (target !== undefined) throw refused(verbatim(`-j ${target}`), BEYOND, line);
  // Helpers are modules that are loaded by name.
  const helper = targets.includes('CT') ? args.find((word) => word.startsWith('--he')) : undefined;
  if (helper !== undefined) throw refused(verbatim(`-j CT ${helper}`), BEYOND, line);
  const algorithm = valuesBehind(args, ALGORITHM).find((name) => !ALGORITHMS.includes(name));
  if (algorithm !== undefined) throw refused(verbatim(`--algo ${algorithm}`), BEYOND, line);
}

function refuseNft(script: string): void {
  const found = NFT_BEYOND.exec(withoutQuoted(script)) ?? NFT_AUDIT.exec(script);
  if (found !== null) throw refused(verbatim(found[0]), BEYOND, lineAt(script, found.index));
  const unnamed = NFT_UNNAMED.exec(withoutQuoted(script));
  if (unnamed !== null)
    throw refused({ en: 'a chain without a name', zh: '没有名字的链' }, NAME_IT, lineAt(script, unnamed.index));
}

/**
 * Of a rule that nft has read and no packet has met yet.
 * @param expr as `nft --json` lists it
 * @throws {RawshakeError} RS_USAGE
 */
export function refuseFarReachingStatements(expr: readonly Readonly<Record<string, unknown>>[], line: string): void {
  const found = expr.flatMap((one) => Object.keys(one)).find((name) => !STATEMENTS.includes(name));
  if (found !== undefined) throw refused(verbatim(found), BEYOND, line);
}

interface Size {
  readonly said: string;
  readonly line: string;
}

const hashlimitSizes = (args: readonly string[]): readonly Size[] =>
  valuesBehind(args, HASHLIMIT_SIZE).map((said) => ({ said, line: args.join(' ') }));

const nftSizes = (script: string): readonly Size[] =>
  [...withoutQuoted(script).matchAll(NFT_SIZE)].flatMap(({ groups, index }) => {
    const { said = '', field } = groups ?? {};
    return field !== undefined && !NUMBER.test(said) ? [] : [{ said, line: lineAt(script, index) }];
  });

/** Each place is the same in it. */
const withoutQuoted = (script: string): string =>
  script.replaceAll(/"[^"]*"/g, (quoted) => `"${' '.repeat(quoted.length - 2)}"`);

const lineAt = (script: string, at: number): string => {
  const from = script.lastIndexOf('\n', at - 1) + 1;
  const end = script.indexOf('\n', at);
  return script.slice(from, end < 0 ? undefined : end).trim();
};

const BEYOND: Text = {
  en: 'It is not known to stay within the network namespace in which rules are tried: it may change something of the whole machine, such as a timer, a module or a log; nor a chain of these rules. Leave this line out.',
  zh: '无法确定它只作用于试验规则所用的网络命名空间：它可能改变整台机器上的东西，例如计时器、模块或日志；它也不是这些规则中的链。请去掉这一行。',
};

const NAME_IT: Text = {
  en: 'nft does not list what is in it. Give it a name: chain mine { … }, and jump mine.',
  zh: 'nft 不会列出其中的规则。请给它命名：chain mine { … }，再写 jump mine。',
};

const SMALLER: Text = {
  en: `The kernel reserves memory for all of them at once. Give a number of at most ${MOST_ENTRIES}, and ${MOST_ENTRIES_IN_ALL} in all: one handshake needs a few.`,
  zh: `内核会立即为全部条目预留内存。请给出不超过 ${MOST_ENTRIES} 的数字，总共不超过 ${MOST_ENTRIES_IN_ALL}：一次握手只需要几个。`,
};

const FEWER: Text = {
  en: 'Each address of a list, with each of the other list, is a rule of its own, and so is each value of a variable kept. Leave in them only what the TCP handshake meets.',
  zh: '一个列表中的每个地址与另一列表中的每个地址各成一条规则；变量的每个值也各占一份。请只保留与 TCP 握手有关的内容。',
};

const refused = ({ en, zh }: Text, hint: Text, line: string): RawshakeError =>
  unusableRule(about({ en: `${en} is not taken here`, zh: `这里不接受${spaced(zh)}` }, verbatim(shownLine(line))), {
    hint,
  });
