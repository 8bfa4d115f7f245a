/** An acknowledgment made by hand is for what the other side has never sent, or for less than its SYN. */
import { relation } from '../number-words.js';
import type { CraftExplanation } from '../craft.js';
import { type Seq, seq, seqAdd } from '../../wire/index.js';

export const WRONG_ACK: CraftExplanation = {
  meaning({ moment, syn }) {
    const { ack } = moment.packet.segment;
    const right = rightAfter(syn);
    if (isSwapped(ack, right))
      return {
        en: `the bytes of the ACK number are in the wrong order (htonl, ntohl): ${ack}, where ${right} is right`,
        zh: `确认号的字节序不对（htonl、ntohl）：现为 ${ack}，应为 ${right}`,
      };
    return {
      en: `the ACK number is ${relation(ack, right).en}: ${ack}, where ${right} is right`,
      zh: `确认号${relation(ack, right).zh}：现为 ${ack}，应为 ${right}`,
    };
  },
  because: ({ syn }) => ({
    en:
      `The other side's SYN has the sequence number ${syn?.packet.segment.seq ?? 0}, and a SYN takes one: what acknowledges it says the ` +
      'next. The other side answers anything else with RST.',
    zh: `对方 SYN 的序列号是 ${syn?.packet.segment.seq ?? 0}，SYN 占用一个序列号，因此确认它的报文段应写下一个号。对于其他值，对方一律回以 RST。`,
  }),
};

const rightAfter = (syn: Parameters<CraftExplanation['meaning']>[0]['syn']): Seq =>
  syn === undefined ? seq(0) : seqAdd(syn.packet.segment.seq, 1);

/** Numbers that are taken as they lie in memory: the other side's, the own one, or both. */
function isSwapped(ack: Seq, right: Seq): boolean {
  const taken = seqAdd(swapped(seqAdd(right, -1)), 1);
  return ack !== right && [swapped(right), taken, swapped(taken)].includes(ack);
}

function swapped(number: Seq): Seq {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, number, true);
  return seq(bytes.getUint32(0));
}
