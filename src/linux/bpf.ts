/** Classic BPF programs for the sockets of this project. `<linux/filter.h>`, Documentation/networking/filter.rst. */
import { addressBytes, familyOf } from './sockaddr.js';
import type { BpfInstruction } from './socket.js';

// Opcodes: load word or half word at a fixed offset or one relative to X, load the IPv4 header length, jump, return.
const LD_W_ABS = 0x20;
const LD_H_ABS = 0x28;
const LD_H_IND = 0x48;
const LDX_MSH = 0xb1;
const JEQ = 0x15;
const RET = 0x06;
/** Negative offsets that reach what the bytes do not hold: the network header, and the packet's mark. */
const SKF_NET_OFF = 0xfff00000;
const SKF_AD_MARK = 0xfffff000 + 20;
const WHOLE_PACKET = 0xffffffff;

/** One end-to-end flow as the receiver sees it: `src` is the peer. What is left out matches any. */
export interface ReceivedFlow {
  readonly src?: string;
  readonly dst: string;
  readonly srcPort?: number;
  readonly dstPort?: number;
}

interface Comparison {
  readonly load: readonly BpfInstruction[];
  readonly equals: number;
}

/** Loads and comparisons in turn; the first that fails returns 0, the last that holds returns the whole packet. */
function allOf(comparisons: readonly Comparison[]): BpfInstruction[] {
  const body = comparisons.flatMap(({ load, equals }) => [...load, [JEQ, 0, 0, equals] as BpfInstruction]);
  const refuse = body.length + 1;
  return [
    ...body.map(([code, jt, jf, k], i): BpfInstruction =>
      code === JEQ ? [JEQ, 0, refuse - i - 1, k] : [code, jt, jf, k],
    ),
    [RET, 0, 0, WHOLE_PACKET],
    [RET, 0, 0, 0],
  ];
}

const word = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);

const addressComparisons = (address: string, offset: number): Comparison[] => {
  const bytes = addressBytes(address);
  return Array.from({ length: bytes.length / 4 }, (_, i) => ({
    load: [[LD_W_ABS, 0, 0, offset + 4 * i]],
    equals: word(bytes, 4 * i),
  }));
};

/**
 * Passes one flow on a SOCK_RAW TCP socket. On AF_INET its data starts at the IP header; on AF_INET6 at the TCP
 * header, with the IP header reached by SKF_NET_OFF.
 */
export function flowFilter(flow: ReceivedFlow): BpfInstruction[] {
  const v4 = familyOf(flow.dst) === 4;
  const port = (offset: number, equals: number): Comparison => ({
    load: v4
      ? [
          [LDX_MSH, 0, 0, 0],
          [LD_H_IND, 0, 0, offset],
        ]
      : [[LD_H_ABS, 0, 0, offset]],
    equals,
  });
  return allOf([
    ...(flow.src === undefined ? [] : addressComparisons(flow.src, v4 ? 12 : SKF_NET_OFF + 8)),
    ...addressComparisons(flow.dst, v4 ? 16 : SKF_NET_OFF + 24),
    ...(flow.srcPort === undefined ? [] : [port(0, flow.srcPort)]),
    ...(flow.dstPort === undefined ? [] : [port(2, flow.dstPort)]),
  ]);
}

/** Passes packets that carry `mark` (`wanted`), or all others: on an AF_PACKET socket it tells whose packet left here. */
export function markFilter(mark: number, wanted: 'marked' | 'unmarked'): BpfInstruction[] {
  const [ifMarked, ifNot] = wanted === 'marked' ? [WHOLE_PACKET, 0] : [0, WHOLE_PACKET];
  return [
    [LD_W_ABS, 0, 0, SKF_AD_MARK],
    [JEQ, 0, 1, mark],
    [RET, 0, 0, ifMarked],
    [RET, 0, 0, ifNot],
  ];
}
