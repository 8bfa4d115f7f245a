/** What is said of a program's run: who stands where, what comes first of what was found, how the program ended. */
import type { Text } from '../error.js';
import type { Finding, FindingId } from '../diagnosis/finding.js';
import type { ProgramRun } from '../evidence/program-run.js';
import type { RuleEvidence } from '../evidence/run.js';

export const OPPOSITE_WORDS: Readonly<Record<ProgramRun['opposite'], Text>> = {
  echo: { en: 'a real listener that echoes', zh: '真实的监听套接字，原样送回' },
  http: { en: 'a real web server', zh: '真实的 Web 服务器' },
  silent: { en: 'a real listener that only reads', zh: '真实的监听套接字，只读不答' },
  closed: { en: 'nothing listens', zh: '无人监听' },
  program: { en: 'a program of yours', zh: '你的另一个程序' },
};

export const REAL_CLIENT: Text = { en: "a kernel's client", zh: '内核的客户端' };

export const REMEDY_TITLES: Readonly<Record<ProgramRun['remedy'], Text>> = {
  none: { en: 'as it is', zh: '原样运行' },
  owner: { en: 'RSTs that no program has sent are dropped', zh: '丢弃不是程序发出的 RST' },
  input: { en: 'what comes in is dropped behind AF_PACKET', zh: '收到的报文段在 AF_PACKET 之后丢弃' },
  rule: { en: 'behind your rules', zh: '加上你的规则' },
};

/** Of several the one that is to be mended first: what is wrong with the segments, with their addresses, then what came of it. */
const FIRST: readonly FindingId[] = [
  ...(['no-such-host', 'wrong-link-address', 'foreign-source', 'bad-ip-checksum', 'bad-checksum'] as const),
  ...(['in-use', 'no-syn', 'unread', 'wrong-ack', 'wrong-seq'] as const),
  ...(['own-kernel-reset', 'refused', 'no-answer', 'icmp-unreachable', 'reset-by-peer'] as const),
  ...(['half-open', 'aborted', 'incomplete', 'established'] as const),
];

/** What is said of several connections in the same words, and of how many. */
export interface Told {
  readonly finding: Finding;
  readonly count: number;
}

export function toldInOrder(findings: readonly Finding[]): readonly Told[] {
  const told = new Map<string, { finding: Finding; count: number }>();
  for (const finding of findings) {
    const known = told.get(`${finding.id} ${finding.host}`);
    if (known === undefined) told.set(`${finding.id} ${finding.host}`, { finding, count: 1 });
    else known.count++;
  }
  return [...told.values()].sort((one, other) => FIRST.indexOf(one.finding.id) - FIRST.indexOf(other.finding.id));
}

export const CERTAINTY: Readonly<Record<Finding['certainty'], Text>> = {
  proven: { en: 'proven by a kernel', zh: '由内核证实' },
  seen: { en: 'seen in the packets', zh: '见于报文' },
  likely: { en: 'likely', zh: '很可能' },
};

/** Where no TCP segment has passed the link. */
export function nothingSent({ role, counters }: Pick<ProgramRun, 'role' | 'counters'>): Text {
  const refused = counters[role]?.['IpInAddrErrors'] ?? 0;
  return refused === 0 ? NOTHING_SENT[role] : notForwarded(refused);
}

/** No packet came by the link that could have been refused there. */
const notForwarded = (count: number): Text => ({
  en:
    `No TCP segment passed the link, and the program's host has refused ${count} packet${count === 1 ? '' : 's'} for another host ` +
    '(IpInAddrErrors), by another interface such as a TUN: it does not forward. The program has to switch that on in the lab, too: sysctl net.ipv4.ip_forward=1',
  zh: `链路上没有出现任何 TCP 报文段，而程序所在的主机拒收了 ${count} 个发往其他主机的数据包（IpInAddrErrors），它们来自 TUN 之类的其他接口：主机没有开启转发。程序在实验环境里也要打开它：sysctl net.ipv4.ip_forward=1`,
});

/** Of a client and of a server. */
const NOTHING_SENT: Readonly<Record<ProgramRun['role'], Text>> = {
  client: {
    en: 'No TCP segment passed the link. What the program has printed may say why; with names or addresses of its own written inside it may need --server-address, --client-address, --name or --interface.',
    zh: '链路上没有出现任何 TCP 报文段。原因可能在程序的输出里；若程序内部写死了名称或地址，可能需要 --server-address、--client-address、--name 或 --interface。',
  },
  server: {
    en: 'Nobody connected, for the program had ended before it had a socket that could answer. What it has printed may say why; it has to stay in the foreground.',
    zh: '没有人连接：程序还没有打开可以应答的套接字就已结束。原因可能在程序的输出里；程序须在前台运行。',
  },
};

/** What the rules have done. */
export const dropped = ({ drops, packets }: RuleEvidence): Text => {
  if (packets === 0) return { en: 'It has dropped nothing.', zh: '它什么也没有丢弃。' };
  if (drops === 'nothing') return { en: `It has matched ${packets} packets.`, zh: `它匹配了 ${packets} 个包。` };
  return drops === 'resets'
    ? { en: `It has dropped ${packets} RST${packets === 1 ? '' : 's'}.`, zh: `它丢弃了 ${packets} 个 RST。` }
    : { en: `It has dropped ${packets} segment${packets === 1 ? '' : 's'}.`, zh: `它丢弃了 ${packets} 个报文段。` };
};

/** Beside what is to be pasted: what was not tried is not promised. */
export const TO_DO: Text = { en: 'To do', zh: '应做' };

export function adviceWords({ id }: Finding, remedy: ProgramRun['remedy']): Text {
  if (id !== 'own-kernel-reset') return TO_DO;
  return remedy === 'none'
    ? {
        en: 'A rule that drops it (rawshake run --fix tries it)',
        zh: '可以丢弃它的规则（rawshake run --fix 会试一试）',
      }
    : { en: 'A rule that drops it', zh: '可以丢弃它的规则' };
}

/** `and 3 more`, of connections of which the same is to be said. */
export const andMore = (count: number): Text => ({
  en: count === 1 ? '' : ` (and ${count - 1} more)`,
  zh: count === 1 ? '' : `（另有 ${count - 1} 个相同）`,
});
