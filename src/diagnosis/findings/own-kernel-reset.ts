/** The kernel of the host on which it was made by hand has reset it, for want of a socket. */
import type { Text } from '../../error.js';
import { shellLine } from '../../filter/shell.js';
import type { Case, Explanation } from '../explanation.js';
import { opens, type Side } from '../handshake.js';
import { ownReset } from '../outcome.js';
import { seqAdd } from '../../wire/index.js';
import { ownerRuleFor, ruleFor } from '../rule-for.js';

export const OWN_KERNEL_RESET: Explanation = {
  certainty: ({ handshake, host }) => (handshake.resetMade[host.name] === undefined ? 'seen' : 'proven'),
  meaning: ({ host, isOneSided }) =>
    isOneSided
      ? {
          en: "RESET by this host's own kernel; --filter auto keeps it silent",
          zh: '被本机自己的内核复位 RESET，--filter auto 可避免这种情况',
        }
      : { en: `RESET by the ${host.title.en}'s own kernel`, zh: `被${host.title.zh}自己的内核复位 RESET` },
  because(of) {
    if (resetOf(of)?.packet.sentFor === 'listener') return joined(FOR_LISTENER, traced(of));
    return joined(RULE_OF_RFC, isOpener(of) ? opener(of) : LISTENER, lateness(of), traced(of));
  },
  /** On the network that one stands in the next connection has another port; of somebody else's program no mark is known. */
  advice(of) {
    const { flow, isOneSided } = of;
    if (isOneSided) return shellLine(['rawshake', 'connect', flow.dst, String(flow.dstPort), '--filter', 'auto']);
    if (resetOf(of)?.packet.sentFor === 'listener') return undefined; // the listener is its owner
    return isOfProgram(of) ? ownerRuleFor(flow, isOpener(of)) : ruleFor(flow);
  },
  at: ({ own, peer, ending }) => [peer?.syn, ownReset(own, ending.dataArrived ?? false)],
};

const RULE_OF_RFC: Text = {
  en: 'a kernel answers every TCP segment that no socket owns with RST (RFC 9293 §3.10.7.1). ',
  zh: '凡是没有套接字拥有的 TCP 报文段，内核一律回以 RST（RFC 9293 §3.10.7.1）。',
};

/** What it sent says so, or else what it is. */
const isOpener = ({ host, own }: Case): boolean => (own?.syn === undefined ? host.role !== 'server' : opens(own));

/** Somebody else's program has made it. */
const isOfProgram = ({ own }: Case): boolean =>
  own?.syn?.packet.sender === 'program' || own?.syn?.packet.sender === 'forwarded';

/** Whether anything of it could read the answer is not known where it has not acknowledged it. */
const UNACKNOWLEDGED: Text = {
  en:
    'Neither a raw socket nor one of AF_PACKET is in the table in which TCP looks for an owner. So the RST leaves before any program can ' +
    'have read the SYN/ACK, and the server forgets its half-open connection. No ACK was sent.',
  zh: '原始套接字和 AF_PACKET 套接字都不在 TCP 查找连接所用的表里。因此任何程序都还来不及读到 SYN/ACK，RST 就已发出，服务器随即忘掉半开连接。程序没有发出 ACK。',
};

function opener(of: Case): Text {
  if (isOfProgram(of) && of.own?.ack === undefined) return UNACKNOWLEDGED;
  const [en, zh] = isOfProgram(of) ? ['the program', '程序'] : ['rawshake', ' rawshake '];
  const [socketEn, socketZh] =
    of.own?.syn?.packet.program?.socket === 'packet'
      ? ['An AF_PACKET socket', 'AF_PACKET 套接字']
      : ['The raw socket', '原始套接字'];
  return {
    en:
      `${socketEn} gets a copy of the SYN/ACK, but it is not in the table in which TCP looks for an owner. So the ` +
      `RST leaves before ${en} has even read the packet, the server forgets its half-open connection, and the ACK comes too late.`,
    zh: `${socketZh}虽然收到一份 SYN/ACK 的副本，却不在 TCP 查找连接所用的表里。因此${zh}还没读到这个包，RST 就已发出，服务器随即忘掉半开连接，迟到的 ACK 已无济于事。`,
  };
}

const FOR_LISTENER: Text = {
  en:
    'a socket of this host listens on the port from which the SYN was sent by hand. To a listener the SYN/ACK acknowledges what it ' +
    'has never sent, and it answers RST (RFC 9293 §3.10.7.2). Close it, or send from another port.',
  zh: '本机有套接字正在监听手工 SYN 所用的源端口。对监听者来说，SYN/ACK 确认了它从未发送过的内容，于是回以 RST（RFC 9293 §3.10.7.2）。请关闭它，或改用其他端口发送。',
};

const resetOf = ({ own, ending }: Case): Side['reset'] => ownReset(own, ending.dataArrived ?? false);

/** By how much the ACK was too late, where it was seen and what it says is right. */
function lateness(of: Case): Text {
  const { own, peer } = of;
  const reset = resetOf(of);
  if (!isOfProgram(of) || own?.ack === undefined || peer?.syn === undefined || reset === undefined) return NOTHING;
  const ms = own.ack.ms - reset.ms;
  if (ms <= 0 || own.ack.packet.segment.ack !== seqAdd(peer.syn.packet.segment.seq, 1)) return NOTHING;
  const told = ms.toFixed(ms < 10 ? 1 : 0);
  return {
    en: ` The ACK is right, and came ${told} ms after the RST.`,
    zh: `ACK 本身没有错，只是比 RST 晚了 ${told} 毫秒。`,
  };
}

const NOTHING: Text = { en: '', zh: '' };

const LISTENER: Text = {
  en:
    'Nobody called listen() here, so the SYN has no owner. The raw socket gets a copy of it, but the RST leaves at ' +
    "once, the client's program is told that the connection was refused, and the SYN/ACK made by hand meets nobody.",
  zh:
    '这里没有人调用 listen()，SYN 没有主人。原始套接字虽然收到一份副本，RST 却立刻发出，客户端程序得知连接被拒绝，' +
    '手工发出的 SYN/ACK 已无人接收。',
};

/** Which way the kernel went from the segment to its RST, where the trace has caught it at it. */
function traced({ handshake, host }: Case): Text {
  const [sender, caller] = handshake.resetMade[host.name]?.event.stack ?? [];
  if (sender === undefined || caller === undefined) return NOTHING;
  const way = `${caller} -> ${sender}`;
  return {
    en: ` Traced in the kernel at this very moment: ${way}, reason NO_SOCKET.`,
    zh: `内核当时的路径也跟踪到了：${way}，原因 NO_SOCKET。`,
  };
}

const joined = (...texts: readonly Text[]): Text => ({
  en: texts.map(({ en }) => en).join(''),
  zh: texts.map(({ zh }) => zh).join(''),
});
