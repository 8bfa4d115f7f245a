/** What an endpoint expected, held against what came; and the error that shows the difference, and all that came instead. */
import { RawshakeError, type Language, type Text } from '../../error.js';
import {
  formatNotationError,
  formatOption,
  formatSegment,
  matchSegment,
  type Mismatch,
  parsePartialNotation,
  type PartialNotation,
  seqAdd,
  type SegmentFormat,
  segmentPattern,
  TcpFlag,
  type TcpOption,
  type TcpSegment,
} from '../../wire/index.js';

/** A segment that came where another one was expected, or none. */
export interface Unexpected {
  readonly segment: TcpSegment;
  /** In notation, in full, its numbers relative to both initial sequence numbers. */
  readonly text: string;
  /** How it differs from what was expected, with such numbers too; empty where it came behind one that was not as expected, or in silence. */
  readonly mismatches: readonly Mismatch[];
}

/** What was waited for. */
export interface Awaited {
  /** The packet as it was written; left out: silence. */
  readonly packet?: string;
  /** Whether others might come before it. */
  readonly skip?: boolean;
  readonly forMs: number;
  /** Whether this side's own kernel has sent a RST meanwhile. */
  readonly ownReset?: boolean;
  readonly came: readonly Unexpected[];
}

/**
 * RS_UNEXPECTED: another segment came than an endpoint expected, or none, or one into a silence. The message shows, field by field,
 * how each that came differs.
 */
export class ExpectationError extends RawshakeError {
  /** All that came and was not asked for before, in the order in which it came. */
  readonly came: readonly Unexpected[];

  constructor(awaited: Awaited) {
    super(
      'RS_UNEXPECTED',
      { en: linesOf(awaited, WORDS.en), zh: linesOf(awaited, WORDS.zh) },
      { hint: hintOf(awaited) },
    );
    this.came = awaited.came;
  }
}

/**
 * A packet of an endpoint in packetdrill's text, in which `START:END(LENGTH)` may be left out.
 * @throws {RawshakeError} RS_USAGE where it is none, or says something of the IP header
 */
export function readPacket(text: string, numbers: SegmentFormat = {}): PartialNotation {
  const parsed = parsePartialNotation(text, numbers);
  if (!parsed.ok)
    throw notAPacket({ en: formatNotationError(parsed.error), zh: formatNotationError(parsed.error, 'zh') });
  const { flags, version, ecn, tos, flowLabel, ttl } = parsed.value;
  if ([version, ecn, tos, flowLabel, ttl].some((field) => field !== undefined))
    throw notAPacket({ en: `${text}\n${OF_IP.en}`, zh: `${text}\n${OF_IP.zh}` });
  if (isMeantAsAck(flags)) throw notAPacket({ en: `${text}\n${ACK_IS_A_DOT.en}`, zh: `${text}\n${ACK_IS_A_DOT.zh}` });
  return parsed.value;
}

const OF_IP: Text = {
  en: "what IP carries is the flow's: no addresses, ECN, TOS, flow label or TTL",
  zh: 'IP 所承载的由流决定：不写地址、ECN、TOS、流标签或 TTL',
};

/** `SA` is SYN with AE: without ACK that bit goes with the two others of AccECN alone, as in `SEWA`. RFC 9768 §3.1.1. */
function isMeantAsAck(flags: number): boolean {
  const { ACK, AE, ECE, CWR } = TcpFlag;
  return (flags & (AE | ACK)) === AE && (flags & (ECE | CWR)) !== (ECE | CWR);
}

const ACK_IS_A_DOT: Text = {
  en: 'the flag ACK is a dot: S. is SYN/ACK; A is AE, which goes out beside the notation: { flags: TcpFlag.AE }',
  zh: '标志 ACK 写作一个点：S. 是 SYN/ACK；A 是 AE，若确要发送，写在记法之外：{ flags: TcpFlag.AE }',
};

const notAPacket = ({ en, zh }: Text): RawshakeError =>
  new RawshakeError(
    'RS_USAGE',
    {
      en: ['packet: not one that an endpoint can send or expect', ...en.split('\n')],
      zh: ['报文：不是端点可以发送或期待的报文', ...zh.split('\n')],
    },
    {
      hint: {
        en: 'As packetdrill writes it: S 0:0(0) win 64240 <mss 1460>',
        zh: '请按 packetdrill 的写法：S 0:0(0) win 64240 <mss 1460>',
      },
    },
  );

/** How a segment differs from a pattern whose numbers are relative; so are those of the differences. */
export function differences(
  segment: TcpSegment,
  pattern: PartialNotation,
  numbers: SegmentFormat,
): readonly Mismatch[] {
  const seen = relative(segment, numbers);
  return matchSegment(seen, segmentPattern(pattern)).map((mismatch) =>
    mismatch.path === 'tcp.options'
      ? { ...mismatch, expected: listed(pattern.options, pattern.otherOptions), actual: listed(seen.options) }
      : mismatch,
  );
}

/** Options as packetdrill lists them. */
const listed = (options: readonly TcpOption[] = [], others = false): string =>
  options.length === 0
    ? 'none'
    : `<${[...options.map((option) => formatOption(option)), ...(others ? ['...'] : [])].join(',')}>`;

/** A segment as an error shows it. */
export const unexpected = (
  segment: TcpSegment,
  numbers: SegmentFormat,
  mismatches: readonly Mismatch[] = [],
): Unexpected => ({ segment, text: formatSegment(segment, numbers), mismatches });

function relative(segment: TcpSegment, { seqBase = 0, ackBase = 0 }: SegmentFormat): TcpSegment {
  const { flags, seq, ack, options } = segment;
  return {
    ...segment,
    seq: seqAdd(seq, -seqBase),
    // Where the flag is not set, the field means nothing, and counts from nowhere.
    ack: (flags & TcpFlag.ACK) === 0 ? ack : seqAdd(ack, -ackBase),
    options: options.map((option) => relativeOption(option, ackBase)),
  };
}

function relativeOption(option: TcpOption, ackBase: number): TcpOption {
  if (option.kind !== 'sack') return option;
  const edge = (n: number): number => (n - ackBase) >>> 0;
  return { kind: 'sack', blocks: option.blocks.map(([left, right]) => [edge(left), edge(right)]) };
}

interface Words {
  readonly nothing: (packet: string, ms: number) => string;
  readonly other: (packet: string) => string;
  readonly others: (packet: string, ms: number) => string;
  readonly notSilent: (ms: number) => string;
  readonly left: (count: number) => string;
  readonly differs: (mismatch: Mismatch) => string;
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    nothing: (packet, ms) => `expect ${packet}: nothing came within ${ms} ms`,
    other: (packet) => `expect ${packet}: this came instead`,
    others: (packet, ms) => `expect ${packet}: nothing such came within ${ms} ms, but this`,
    notSilent: (ms) => `silence of ${ms} ms: this came`,
    left: (count) => `(${count} before)`,
    differs: ({ path, expected, actual }) => `${path}: expected ${expected}, got ${actual}`,
  },
  zh: {
    nothing: (packet, ms) => `期待 ${packet}：${ms} 毫秒内什么也没有收到`,
    other: (packet) => `期待 ${packet}：收到的却是`,
    others: (packet, ms) => `期待 ${packet}：${ms} 毫秒内没有这样的报文，收到的是`,
    notSilent: (ms) => `${ms} 毫秒的静默：却收到`,
    left: (count) => `（此前还有 ${count} 个）`,
    differs: ({ path, expected, actual }) => `${path}：应为 ${expected}，实为 ${actual}`,
  },
};

/** A message is for reading; the error has them all. */
const MOST_SHOWN = 20;

function linesOf(awaited: Awaited, words: Words): readonly string[] {
  const { came } = awaited;
  const shown = came.slice(-MOST_SHOWN);
  const left = came.length - shown.length;
  return [
    headOf(awaited, words),
    ...(left > 0 ? [`  ${words.left(left)}`] : []),
    ...shown.flatMap(({ text, mismatches }) => [
      `  ${text}`,
      ...mismatches.map((mismatch) => `    ${words.differs(mismatch)}`),
    ]),
  ];
}

function headOf({ packet, skip = false, forMs, came }: Awaited, words: Words): string {
  if (packet === undefined) return words.notSilent(forMs);
  if (came.length === 0) return words.nothing(packet, forMs);
  return skip ? words.others(packet, forMs) : words.other(packet);
}

function hintOf({ packet, skip = false, ownReset = false, came }: Awaited): Text {
  if (ownReset)
    return {
      en: "This side's own kernel has sent a RST, for it knows nothing of the connection; bench.filter(…) keeps that from leaving.",
      zh: '本方内核不知道这个连接，已发出 RST；bench.filter(…) 可以不让它发出。',
    };
  if (packet === undefined)
    return {
      en: 'What may come is expected first: await end.expect(…)',
      zh: '可能到来的报文应先期待：await end.expect(…)',
    };
  const mismatches = came.flatMap((one) => one.mismatches);
  if (came.length === 0)
    return {
      en: 'For what may take longer: { withinMs: 5000 }; what passed the link is in bench.packets().',
      zh: '若需更久：{ withinMs: 5000 }；链路上经过的报文在 bench.packets() 中。',
    };
  if (mismatches.every(({ path }) => path.startsWith('tcp.options')))
    return {
      en: 'Options are to be as written, none where none are; any are <...>, others among them <mss 1460,...>.',
      zh: '选项须与所写的一致，未写即为没有；任意选项写作 <...>，其间可有其他选项写作 <mss 1460,...>。',
    };
  if (skip)
    return {
      en: 'Below each is how it differs. For what may take longer: { withinMs: 5000 }.',
      zh: '各报文之下是它的不同之处。若需更久：{ withinMs: 5000 }。',
    };
  return {
    en: 'What may come before it is passed over with { skip: true }.',
    zh: '若此前可能有其他报文，用 { skip: true } 略过。',
  };
}
