/** Filters by what the kernel knows of a frame beside its bytes: mark, hash, VLAN. */
import {
  LD_W_ABS,
  JEQ,
  AND,
  RET,
  SKF_AD_MARK,
  SKF_AD_RXHASH,
  SKF_AD_VLAN_TAG,
  SKF_AD_VLAN_TAG_PRESENT,
  VLAN_ID,
  WHOLE_PACKET,
} from './bpf-code.js';
import type { BpfInstruction } from './socket.js';

/**
 * Passes, of what `passing` passes, what is of the link's own network. On AF_PACKET a frame of a VLAN looks untagged, for the
 * kernel keeps its tag beside it: skb_vlan_untag(). Identifier 0 is no VLAN (IEEE 802.1Q §9.6), and the VLAN's own device
 * shows its frames without the tag: vlan_do_receive(). A second tag stands in the frame, whose protocol it is then.
 */
export const ofNoVlan = (passing: readonly BpfInstruction[]): BpfInstruction[] => [
  [LD_W_ABS, 0, 0, SKF_AD_VLAN_TAG_PRESENT],
  [JEQ, 4, 0, 0], // over the rest of this, for older kernels leave an old tag there
  [LD_W_ABS, 0, 0, SKF_AD_VLAN_TAG],
  [AND, 0, 0, VLAN_ID],
  [JEQ, 1, 0, 0],
  [RET, 0, 0, 0],
  ...passing,
];

const EVERYTHING: readonly BpfInstruction[] = [[RET, 0, 0, WHOLE_PACKET]];

/** Passes, of what `passing` passes, the packets that carry one of `marks` (`wanted`), or all others: it tells whose packet left here. */
export function markFilter(
  marks: readonly number[],
  wanted: 'marked' | 'unmarked',
  passing: readonly BpfInstruction[] = EVERYTHING,
): BpfInstruction[] {
  const ifMarked = wanted === 'marked' ? 1 : 0; // over the instruction that drops it
  return [
    [LD_W_ABS, 0, 0, SKF_AD_MARK],
    ...marks.map((mark, i): BpfInstruction => {
      const left = marks.length - 1 - i;
      return [JEQ, left + ifMarked, left === 0 ? 1 - ifMarked : 0, mark];
    }),
    [RET, 0, 0, 0],
    ...passing,
  ];
}

/**
 * Passes, of what `passing` passes, the packets that have a hash, or those that have none. The kernel's TCP gives every segment
 * that of its socket: skb_set_hash_from_sk().
 */
export const hashFilter = (
  wanted: 'hashed' | 'unhashed',
  passing: readonly BpfInstruction[] = EVERYTHING,
): BpfInstruction[] => [
  [LD_W_ABS, 0, 0, SKF_AD_RXHASH],
  wanted === 'hashed' ? [JEQ, 0, 1, 0] : [JEQ, 1, 0, 0],
  [RET, 0, 0, 0],
  ...passing,
];
