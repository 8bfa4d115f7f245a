/** The words of the reports, in English and Chinese. */
import type { Language, Text } from '../error.js';
import type { HostName } from '../evidence/host.js';
import type { Outcome } from '../evidence/outcome.js';
import type { HandshakeRun } from '../evidence/run.js';
import { printable } from '../printable.js';
import type { Flow } from '../wire/flow.js';
import { endpoint } from '../wire/flow.js';

/** What a program has read. */
const quoted = (text: string): string => `"${printable(text)}"`;

/** The text in `language`. */
export const say = (text: Text, language: Language): string => text[language];

export const HOSTS: Readonly<Record<HostName, Text>> = {
  client: { en: 'client', zh: '客户端' },
  server: { en: 'server', zh: '服务器' },
};

export const HEADINGS = {
  ms: { en: 'ms', zh: '毫秒' },
  sentBy: { en: 'sent by', zh: '发送者' },
  listener: { en: 'a real listener', zh: '真实的监听套接字' },
  kernelClient: { en: 'a real client', zh: '真实的客户端' },
  nobodyListens: { en: 'nothing listens', zh: '无人监听' },
  rule: { en: 'The rule', zh: '规则' },
  why: { en: 'Why', zh: '为什么' },
  cures: {
    en: 'The cures, and what each needs beside CAP_NET_RAW',
    zh: '各种办法，以及除 CAP_NET_RAW 之外各自的代价',
  },
  remedy: { en: 'remedy', zh: '办法' },
  outcome: { en: 'outcome', zh: '结果' },
  setup: { en: 'set-up, ms', zh: '准备，毫秒' },
  needs: { en: 'needs', zh: '需要' },
  price: { en: 'price', zh: '代价' },
  reason: { en: 'why', zh: '原因' },
} as const satisfies Record<string, Text>;

export const kernelOf = (host: HostName): Text => ({
  en: `${host}'s kernel`,
  zh: `${HOSTS[host].zh}内核`,
});

export const OUTCOMES: Readonly<Record<Exclude<Outcome, 'reset-by-own-kernel'>, Text>> = {
  established: { en: 'ESTABLISHED', zh: '连接成功 ESTABLISHED' },
  refused: { en: 'REFUSED: no socket on the other side', zh: '被拒绝：对方没有套接字' },
  'reset-by-peer': { en: 'RESET by the other side', zh: '被对方复位 RESET' },
  'no-answer': { en: 'NO ANSWER', zh: '没有应答' },
  'icmp-unreachable': { en: 'UNREACHABLE, says ICMP', zh: 'ICMP 报告不可达' },
  incomplete: {
    en: 'INCOMPLETE: established, but the other side did not acknowledge all of it',
    zh: '不完整 INCOMPLETE：连接曾建立，但对方没有确认全部内容',
  },
  aborted: { en: 'ABORTED before the end', zh: '中途放弃' },
};

/** How a run went. */
export function verdict(run: HandshakeRun): Text {
  if (run.observed !== 'reset-by-own-kernel') return OUTCOMES[run.observed];
  return { en: `RESET by the ${run.role}'s own kernel`, zh: `被${HOSTS[run.role].zh}自己的内核复位 RESET` };
}

/** What the program on the kernel's side and its socket had of it: one line each. */
export function peerSaw(run: HandshakeRun): readonly Text[] {
  return run.role === 'client' ? serverSaw(run) : clientSaw(run);
}

function serverSaw({ server, flow }: HandshakeRun): readonly Text[] {
  const read = quoted(server.received);
  return [
    server.accepted
      ? { en: `server's program: accepted, read ${read}`, zh: `服务器程序：accept() 返回，读到 ${read}` }
      : { en: "server's program: nothing to accept()", zh: '服务器程序：accept() 没有返回' },
    socketOf('server', server.states, flow),
  ];
}

function clientSaw({ client, server, flow }: HandshakeRun): readonly Text[] {
  const connected = client.states.includes('ESTABLISHED');
  const read = quoted(server.received);
  return [
    connected
      ? { en: `client's program: connected; by hand we read ${read}`, zh: `客户端程序：已连接；手工一方读到 ${read}` }
      : { en: "client's program: connection refused", zh: '客户端程序：连接被拒绝' },
    socketOf('client', client.states, flow),
  ];
}

/** The kernel's own socket, as ss shows it. `flow` is seen from the other, hand-made side. */
function socketOf(host: HostName, states: HandshakeRun['client']['states'], flow: Flow): Text {
  const socket = `${endpoint(flow.dst, flow.dstPort)} ${endpoint(flow.src, flow.srcPort)}`;
  return states.includes('ESTABLISHED')
    ? { en: `${host}'s socket: ESTAB ${socket}`, zh: `${HOSTS[host].zh}套接字：ESTAB ${socket}` }
    : { en: `${host}'s socket: none`, zh: `${HOSTS[host].zh}套接字：无` };
}

export function ruleHits(run: HandshakeRun): Text | undefined {
  if (run.rule === null) return undefined;
  const { packets, ownResets = 0, drops, afterHandshakeMs } = run.rule;
  const plural = packets === 1 ? '' : 's';
  const host = HOSTS[run.role].zh;
  if (run.remedy === 'rule') {
    const own =
      ownResets === 0
        ? { en: '', zh: '' }
        : packets === ownResets
          ? { en: ', the own RST', zh: '，即自己的 RST' }
          : { en: ', the own RST among them', zh: '，包括自己的 RST' };
    return { en: `rule: matched ${packets} packet${plural}${own.en}`, zh: `规则：匹配了 ${packets} 个报文${own.zh}` };
  }
  if (drops === 'segments') {
    return {
      en: `rule: hid ${packets} segment${plural} from the ${run.role}'s kernel`,
      zh: `规则：对${host}内核隐藏了 ${packets} 个报文段`,
    };
  }
  const gone = afterHandshakeMs === undefined ? undefined : goneAfter(afterHandshakeMs);
  return {
    en: `rule: dropped ${packets} RST${plural} of the ${run.role}'s kernel${gone === undefined ? '' : `; ${gone.en}`}`,
    zh: `规则：丢弃了${host}内核的 ${packets} 个 RST${gone === undefined ? '' : `；${gone.zh}`}`,
  };
}

/** Of the rule of a connection that the kernel has adopted. */
export const goneAfter = (afterHandshakeMs: number): Text => ({
  en: `gone ${afterHandshakeMs.toFixed(1)} ms after the handshake`,
  zh: `握手后 ${afterHandshakeMs.toFixed(1)} 毫秒即移除`,
});

/** Of the RST that was sent by hand, whether it got past the rule. */
export function ownReset({ ownResetLeft }: HandshakeRun): Text | undefined {
  if (ownResetLeft === null) return undefined;
  return ownResetLeft
    ? { en: 'own RST, sent last to try it: got out', zh: '最后试发的自己的 RST：已发出' }
    : { en: 'own RST, sent last to try it: did NOT get out', zh: '最后试发的自己的 RST：没能发出' };
}

const RULE_OF_RFC = {
  en: 'a kernel answers every TCP segment that no socket owns with RST (RFC 9293 §3.10.7.1). ',
  zh: '凡是没有套接字拥有的 TCP 报文段，内核一律回以 RST（RFC 9293 §3.10.7.1）。',
};

const WHY: Readonly<Record<HostName, Text>> = {
  client: {
    en:
      RULE_OF_RFC.en +
      'The raw socket gets a copy of the SYN/ACK, but it is not in the table in which TCP looks for an owner. So the ' +
      'RST leaves before rawshake has even read the packet, the server forgets its half-open connection, and the ACK ' +
      'comes too late.',
    zh:
      RULE_OF_RFC.zh +
      '原始套接字虽然收到一份 SYN/ACK 的副本，却不在 TCP 查找连接所用的表里。因此 rawshake 还没读到这个包，RST ' +
      '就已发出，服务器随即忘掉半开连接，迟到的 ACK 已无济于事。',
  },
  server: {
    en:
      RULE_OF_RFC.en +
      'Nobody called listen() here, so the SYN has no owner. The raw socket gets a copy of it, but the RST leaves at ' +
      "once, the client's program is told that the connection was refused, and the SYN/ACK made by hand meets nobody.",
    zh:
      RULE_OF_RFC.zh +
      '这里没有人调用 listen()，SYN 没有主人。原始套接字虽然收到一份副本，RST 却立刻发出，客户端程序得知连接被拒绝，' +
      '手工发出的 SYN/ACK 已无人接收。',
  },
};

const CURE: Readonly<Record<HostName, Text>> = {
  client: {
    en:
      ' With the rule the kernel still makes its RSTs, and the rule drops them on their way out. The server never ' +
      'hears of them, so the ACK made by hand completes the handshake.',
    zh: '加上规则，内核照样产生 RST，只是在发出的路上被丢弃。服务器听不到它们，于是手工发出的 ACK 完成了握手。',
  },
  server: {
    en:
      ' With the rule the kernel still makes its RSTs, and the rule drops them on their way out. The client hears of ' +
      'the SYN/ACK alone, and connects to a port on which nothing listens.',
    zh: '加上规则，内核照样产生 RST，只是在发出的路上被丢弃。客户端只收到 SYN/ACK，于是连上了一个没有人监听的端口。',
  },
};

/** What the kernels did not tell, in a line; undefined where they told all. */
export function kernelMissing(missing: readonly Text[]): Text | undefined {
  if (missing.length === 0) return undefined;
  return {
    en: `the kernel did not tell everything: ${missing.map(({ en }) => en).join('; ')}`,
    zh: `内核未能说明全部：${missing.map(({ zh }) => zh).join('；')}`,
  };
}

/** Of a remedy that cannot be tried here, and another that was taken for it. */
export const insteadWords = (reason: string, instead: string): Text => ({
  en: `${reason}; ${instead} takes its place`,
  zh: `${reason}；改用 ${instead}`,
});

/** Which way the kernel went from the segment to its RST, where the trace has caught it at it. */
function traced(runs: readonly HandshakeRun[]): Text | undefined {
  const failed = runs.filter(({ observed }) => observed === 'reset-by-own-kernel');
  const [event] = failed.flatMap(({ kernel, role }) =>
    kernel.filter(({ event, reason, host }) => event === 'tcp_send_reset' && reason === 'NO_SOCKET' && host === role),
  );
  const [sender, caller] = event?.stack ?? [];
  if (sender === undefined || caller === undefined) return undefined;
  const way = `${caller} -> ${sender}`;
  return {
    en: ` Traced in the kernel at this very moment: ${way}, reason NO_SOCKET.`,
    zh: `内核当时的路径也跟踪到了：${way}，原因 NO_SOCKET。`,
  };
}

/** Why a raw socket alone fails, and what the filter changes, as far as the runs show it. */
export function explanation(runs: readonly HandshakeRun[]): Text | undefined {
  const role = runs[0]?.role ?? 'client';
  const failed = runs.some(({ observed }) => observed === 'reset-by-own-kernel');
  const cured = runs.some(({ observed, rule }) => observed === 'established' && rule?.drops === 'resets');
  const way = traced(runs);
  const parts = [...(failed ? [WHY[role], ...(way === undefined ? [] : [way])] : []), ...(cured ? [CURE[role]] : [])];
  if (parts.length === 0) return undefined;
  return {
    en: parts
      .map(({ en }) => en)
      .join('')
      .trim(),
    zh: parts.map(({ zh }) => zh).join(''),
  };
}

/** The last line. `remarks`: something is to be said of a rule that did its work; `notRun`: so many more could not be run. */
export function summary(total: number, expected: number, remarks: boolean, notRun = 0): Text {
  if (total !== expected) {
    const [en, zh] = notRun === 0 ? ['', ''] : [`; ${notRun} more could not be run`, `；另有 ${notRun} 次无法运行`];
    return {
      en: `${String(total - expected)} of ${String(total)} runs did not go as expected${en}.`,
      zh: `${String(total)} 次运行中有 ${String(total - expected)} 次不如预期${zh}。`,
    };
  }
  const [en, zh] = remarks ? [', with remarks on your rule', '，但你的规则尚有不足'] : ['', ''];
  if (notRun > 0) {
    const all = total + notRun;
    return {
      en: `${total} of ${all} runs went as expected${en}; ${notRun} could not be run.`,
      zh: `${all} 次运行中有 ${total} 次如预期${zh}；${notRun} 次无法运行。`,
    };
  }
  const all = total === 1 ? 'The run' : total === 2 ? 'Both runs' : `All ${String(total)} runs`;
  return { en: `${all} went as expected${en}.`, zh: `${String(total)} 次运行均如预期${zh}。` };
}

export const AS_EXPECTED: Text = { en: 'as expected', zh: '如预期' };

export const notAsExpected = ({ expected }: HandshakeRun): Text => ({
  en: `NOT as expected: it should have been ${expected}`,
  zh: `不如预期：应为 ${expected}`,
});

/** What keys do between the steps of `compare --step`. */
export const STEP_KEYS: Text = {
  en: 'any key: next packet   a: all   q: quit',
  zh: '任意键：下一个包   a：全部   q：退出',
};

export const TOO_FAST: Text = {
  en: 'the next packet came before anybody could ask',
  zh: '还来不及查询，下一个包就到了',
};
