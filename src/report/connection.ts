/** One hand-made connection as text and as JSON. */
import { colours } from './colours.js';
import type { Language, Text } from '../error.js';
import { printableData } from '../printable.js';
import type { ConnectionEvidence, PathMtu } from '../evidence/connection.js';
import type { LeftOut } from '../evidence/kept-packets.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { endpoint, type Flow } from '../wire/flow.js';
import { TcpFlag } from '../wire/index.js';
import { packetsJson, ruleJson } from './json.js';
import { connectionRecording } from '../evidence/recording.js';
import { diagnose, diagnoseHandshake } from '../diagnosis/diagnosis.js';
import { findingsJson } from './finding-json.js';
import { ladderLines } from './ladder-text.js';
import { missingText } from './missing.js';
import type { View } from './view.js';
import type { Moment } from '../evidence/moment.js';
import { bracketed, goneAfter, say } from './words.js';

/** `language`: of the findings; all else is in English. */
export function connectionJson(evidence: ConnectionEvidence, language: Language = 'en') {
  const { outcome, flow, transport, handshakeMs, negotiated, packets, rule, adoptedAt, failure, obstacle } = evidence;
  const { received, leftOut, inputLeftOut, missing, isLeftOpen, translated, pathMtu } = evidence;
  return {
    command: 'connect',
    version: 1,
    outcome,
    flow,
    /** Both ends are this one. */
    ...(isToItself(flow) && { toItself: true }),
    /** What this host's own NAT made of the flow, as `packets` show it. */
    ...(translated !== undefined && { translated }),
    transport,
    handshakeMs: handshakeMs === undefined ? null : Math.round(handshakeMs * 1000) / 1000,
    negotiated:
      negotiated === undefined
        ? null
        : {
            mss: negotiated.mss,
            windowShift: negotiated.sendWindowShift,
            sack: negotiated.sack,
            timestamps: negotiated.timestamps,
          },
    /** What became known of the path after that. */
    ...(pathMtu !== undefined && { pathMtu }),
    received: received.text,
    receivedBytes: received.bytes,
    packets: packetsJson(packets),
    /** What is not in `received` and `packets`: of much, only the beginning is kept, and of the packets the end too. */
    leftOut: {
      ...{ receivedBytes: received.leftOut, packets: leftOut.packets },
      /** So many of them are in no --pcap FILE either. */
      ...(leftOut.lost !== undefined && { lost: leftOut.lost }),
    },
    /** Not all that was to be sent has reached the other side. */
    inputLeftOut,
    /** What the other side has sent and this side never got. */
    ...(missing !== undefined && { missing }),
    /** The other side had not closed when the wait for it was over: it was reset. */
    ...(isLeftOpen && { leftOpen: true }),
    rule: ruleJson(rule),
    adopted: adoptedAt !== undefined,
    ...(failure !== undefined && { failure: failure.en }),
    findings: findingsJson(
      diagnose(connectionRecording(evidence)),
      { packets, startMs: packets[0]?.at ?? 0 },
      language,
    ),
    /** What stood in the way on this host. */
    ...(obstacle !== undefined && { obstacle: { why: obstacle.why.en, hint: obstacle.hint.en } }),
  } as const;
}

/** The ladder and what came of it. What was received is not in it: that is the program's output. */
export function connectionText(evidence: ConnectionEvidence, view: View): string {
  const shown = printableData(evidence);
  const {
    flow,
    translated,
    transport,
    outcome,
    packets,
    leftOut,
    inputLeftOut,
    missing,
    isLeftOpen,
    failure,
    obstacle,
  } = shown;
  const recording = connectionRecording(shown);
  const moments = withGap(recording.moments, packets[leftOut.after], leftOut.packets);
  const paint = outcome === 'established' ? colours.green : colours.red;
  // That it is a RST the words say already.
  const why = outcome === 'reset-by-own-kernel' ? undefined : failure;
  const { meaning } = diagnoseHandshake(recording);
  return [
    `${colours.bold('rawshake connect')}   ${ends(flow, view)}${bracketed(transport, view.language)}`,
    ...(translated === undefined ? [] : [colours.yellow(say(onTheWire(ends(translated, view)), view.language))]),
    ...ladderLines({ hosts: recording.hosts, moments }, view.columns, view),
    ...notShown(leftOut).map((text) => say(text, view.language)),
    '',
    paint(colours.bold(say(meaning, view.language))) +
      (why === undefined ? '' : `${COLON[view.language]}${say(why, view.language)}`),
    ...(obstacle === undefined
      ? []
      : [colours.red(say(obstacle.why, view.language)), say(obstacle.hint, view.language)]),
    ...(isToItself(flow) && outcome === 'established' ? [say(TO_ITSELF, view.language)] : []),
    ...(missing === undefined ? [] : [colours.red(say(missingText(missing), view.language))]),
    ...(isLeftOpen ? [say(packets.some(isOwnReset) ? LEFT_OPEN : LEFT_UNTOLD, view.language)] : []),
    ...(inputLeftOut ? [colours.red(say(INPUT_LEFT_OUT, view.language))] : []),
    ...details(shown).map((text) => say(text, view.language)),
    '',
  ].join('\n');
}

/** Marks the place in front of `next` where packets were left out; without it, at the end. */
function withGap(moments: readonly Moment[], next: ObservedPacket | undefined, packets: number): readonly Moment[] {
  if (packets === 0) return moments;
  const found = moments.findIndex((moment) => moment.type === 'packet' && moment.packet === next);
  const place = found === -1 ? moments.length : found;
  const gap: Moment = { type: 'left-out', ms: Number.NEGATIVE_INFINITY, isTelling: true, packets };
  return [...moments.slice(0, place), gap, ...moments.slice(place)];
}

const ends = ({ src, srcPort, dst, dstPort }: Flow, { unicode }: View): string =>
  [endpoint(src, srcPort), unicode ? '→' : '->', endpoint(dst, dstPort)].join(' ');

const onTheWire = (translated: string): Text => ({
  en: `this host's own NAT makes of it on the wire: ${translated}`,
  zh: `本机自己的 NAT 在线路上将其变为：${translated}`,
});

const notShown = ({ packets, after, lost = 0 }: LeftOut): readonly Text[] => [
  ...(packets > lost ? [leftOutHere(packets - lost, after)] : []),
  ...(lost > 0 ? [neverSeen(lost)] : []),
];

const leftOutHere = (packets: number, after: number): Text => ({
  en: `${packets} packets behind the first ${after} are left out here; --pcap FILE keeps them all`,
  zh: `前 ${after} 个数据包之后有 ${packets} 个未在此列出；--pcap FILE 可全部保存`,
});

const neverSeen = (packets: number): Text => ({
  en: `${packets} packets passed faster than they could be captured: they are nowhere, in no --pcap FILE either`,
  zh: `有 ${packets} 个数据包过得太快，未能捕获：--pcap FILE 中也没有`,
});

const LEFT_OPEN: Text = {
  en: 'the other side had not closed when the wait for it was over (--wait): reset from here',
  zh: '等待（--wait）结束时对方仍未关闭：由本端复位',
};

const LEFT_UNTOLD: Text = {
  en: 'the other side had not closed when the wait for it was over (--wait); no RST from here was seen to leave',
  zh: '等待（--wait）结束时对方仍未关闭；未见本端的 RST 发出',
};

const isOwnReset = ({ from, segment }: ObservedPacket): boolean =>
  from === 'client' && (segment.flags & TcpFlag.RST) !== 0;

const INPUT_LEFT_OUT: Text = {
  en: 'not all of the input was sent: the connection was over before the other side had taken it',
  zh: '输入未全部发送：对方尚未收完，连接便已结束',
};

const COLON: Readonly<Record<View['language'], string>> = { en: ': ', zh: '：' };

/** Its own SYN came back: RFC 9293 §3.5, Figure 7, with both ends in one. */
const isToItself = ({ src, srcPort, dst, dstPort }: Flow): boolean => src === dst && srcPort === dstPort;

const TO_ITSELF: Text = {
  en: 'a connection to itself: no program has answered, both ends are this one (simultaneous open)',
  zh: '这是与自身的连接：没有程序应答，两端都是它自己（同时打开）',
};

function pathMtuText({ mtu, by, from = '' }: PathMtu): Text {
  switch (by) {
    case 'icmp':
      return { en: `path MTU ${mtu}, says ${from}`, zh: `路径 MTU ${mtu}，由 ${from} 报告` };
    case 'link':
      return { en: `path MTU ${mtu}, that of this host's link`, zh: `路径 MTU ${mtu}，为本机接口的 MTU` };
    case 'smaller-segments':
      return { en: `path MTU ${mtu}, found by smaller segments`, zh: `路径 MTU ${mtu}，由较小的报文段试出` };
  }
}

/** `mss 1460 (1448 beside TS)`: what the option says, and what a segment carries. */
const mssText = ({ mss, timestamps }: NonNullable<ConnectionEvidence['negotiated']>): Text =>
  timestamps
    ? {
        en: `mss ${mss + TIMESTAMPS_BYTES} (${mss} beside TS)`,
        zh: `mss ${mss + TIMESTAMPS_BYTES}（扣除 TS 后 ${mss}）`,
      }
    : { en: `mss ${mss}`, zh: `mss ${mss}` };

/** RFC 7323, Appendix A. */
const TIMESTAMPS_BYTES = 12;

function details({ handshakeMs, negotiated, pathMtu, rule }: ConnectionEvidence): Text[] {
  const lines: Text[] = [];
  if (handshakeMs !== undefined && negotiated !== undefined) {
    const { sendWindowShift, sack, timestamps } = negotiated;
    const mss = mssText(negotiated);
    const agreed = [`wscale ${sendWindowShift}`, ...(sack ? ['SACK'] : []), ...(timestamps ? ['TS'] : [])];
    const ms = handshakeMs.toFixed(3);
    lines.push({
      en: `handshake: ${ms} ms; ${[mss.en, ...agreed].join(', ')}`,
      zh: `握手：${ms} 毫秒；${[mss.zh, ...agreed].join('，')}`,
    });
  }
  if (pathMtu !== undefined) lines.push(pathMtuText(pathMtu));
  if (rule !== null) {
    const { packets, backend, afterHandshakeMs } = rule;
    const gone = afterHandshakeMs === undefined ? undefined : goneAfter(afterHandshakeMs);
    lines.push({
      en: `filter: ${backend} dropped ${packets} RST${packets === 1 ? '' : 's'} of this host's kernel${gone === undefined ? '' : `; ${gone.en}`}`,
      zh: `过滤器：${backend} 丢弃了本机内核的 ${packets} 个 RST${gone === undefined ? '' : `；${gone.zh}`}`,
    });
  }
  return lines;
}
