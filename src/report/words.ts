/** The words of the reports, in English and Chinese. */
import type { Language, Text } from '../error.js';
import { diagnose, diagnoseHandshake } from '../diagnosis/diagnosis.js';
import type { Finding } from '../diagnosis/finding.js';
import { type EndName, ENDS, type Host } from '../evidence/host.js';
import { type HandMadeRecording, handshakeRecording } from '../evidence/recording.js';
import type { HandshakeRun } from '../evidence/run.js';
import { printable } from '../printable.js';
import type { Flow } from '../wire/flow.js';
import { endpoint } from '../wire/flow.js';

/** What a program has read. */
const quoted = (text: string): string => `"${printable(text)}"`;

/** The text in `language`. */
export const say = (text: Text, language: Language): string => text[language];

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

/** Who sends from a host what rawshake does not. */
export const kernelOf = ({ title, sender }: Host): Text =>
  sender ?? { en: `${title.en}'s kernel`, zh: `${title.zh}内核` };

/** How a run went. */
export const verdict = (run: HandshakeRun): Text => findingOf(run).meaning;

/** The same with all that is to be said of it. */
export const findingOf = (run: HandshakeRun): Finding => diagnoseHandshake(recordingOf(run));

/** That, and what is to be said of the filter. */
export const findingsOf = (run: HandshakeRun): readonly Finding[] => diagnose(recordingOf(run));

const recordingOf = (run: HandshakeRun): HandMadeRecording =>
  handshakeRecording(run, { outcome: run.observed, filter: run.verdict ?? undefined });

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
function socketOf(host: EndName, states: HandshakeRun['client']['states'], flow: Flow): Text {
  const socket = `${endpoint(flow.dst, flow.dstPort)} ${endpoint(flow.src, flow.srcPort)}`;
  return states.includes('ESTABLISHED')
    ? { en: `${host}'s socket: ESTAB ${socket}`, zh: `${ENDS[host].title.zh}套接字：ESTAB ${socket}` }
    : { en: `${host}'s socket: none`, zh: `${ENDS[host].title.zh}套接字：无` };
}

export function ruleHits(run: HandshakeRun): Text | undefined {
  if (run.rule === null) return undefined;
  const { packets, ownResets = 0, drops, afterHandshakeMs } = run.rule;
  const plural = packets === 1 ? '' : 's';
  const host = ENDS[run.role].title.zh;
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

const CURE: Readonly<Record<EndName, Text>> = {
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
export const insteadWords = (reason: Text, instead: string): Text => ({
  en: `${reason.en}; ${instead} takes its place`,
  zh: `${reason.zh}；改用 ${instead}`,
});

/** Why a raw socket alone fails, and what the filter changes, as far as the runs show it. */
export function explanation(runs: readonly HandshakeRun[]): Text | undefined {
  const role = runs[0]?.role ?? 'client';
  const failed = runs.filter(({ observed }) => observed === 'reset-by-own-kernel').map(findingOf);
  const why = (failed.find(({ certainty }) => certainty === 'proven') ?? failed[0])?.because;
  const cured = runs.some(({ observed, rule }) => observed === 'established' && rule?.drops === 'resets');
  const parts = [...(why === undefined ? [] : [why]), ...(cured ? [CURE[role]] : [])];
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

/** Between the parts of a list that stands in a sentence. */
export const COMMA: Text = { en: ', ', zh: '、' };

export const colon = (language: Language): string => (language === 'zh' ? '：' : ': ');

/** Behind what it belongs to. */
export const bracketed = (text: string, language: Language): string =>
  language === 'zh' ? `（${text}）` : ` (${text})`;
