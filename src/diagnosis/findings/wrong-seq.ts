/** A segment made by hand does not go on where its side has ended. */
import { seqAdd } from '../../wire/index.js';
import { relation } from '../number-words.js';
import type { CraftExplanation } from '../craft.js';

export const WRONG_SEQ: CraftExplanation = {
  meaning({ moment, syn }) {
    const { seq } = moment.packet.segment;
    const right = syn === undefined ? 0 : seqAdd(syn.packet.segment.seq, 1);
    return {
      en: `the sequence number is ${relation(seq, right).en}: ${seq}, where what follows the SYN begins at ${right}`,
      zh: `序列号${relation(seq, right).zh}：现为 ${seq}，而 SYN 之后应从 ${right} 开始`,
    };
  },
  because: ({ syn }) => ({
    en:
      `Its own SYN has ${syn?.packet.segment.seq ?? 0}, and takes one, whether or not it carries data. What lies before that is old to the ` +
      'other side, which acknowledges where it stands and takes nothing; what lies behind it leaves a gap.',
    zh: `本方 SYN 的序列号是 ${syn?.packet.segment.seq ?? 0}，无论是否携带数据都占用一个号。在此之前的号对对方而言是旧数据，对方只会重申确认号而不接收；在此之后则会留下缺口。`,
  }),
};
