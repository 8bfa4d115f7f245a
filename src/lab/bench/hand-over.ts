/** What a kernel has to be told of a connection that was made by hand: read off each side's SYN and its last segment. */
import type { HandOver } from '../../tcp/index.js';
import { type Seq, seq, seqAdd, TcpFlag, type Notation, type TcpOption } from '../../wire/index.js';

/** RFC 9293 §3.7.1, where no SYN says otherwise. */
const DEFAULT_MSS = 536;

/** What one side has said of itself. */
export class Side {
  #syn: readonly TcpOption[] = [];
  #last: readonly TcpOption[] = [];
  #window = 0;
  #isSyn = false;

  /** Takes note of a segment of this side. */
  saw({ flags, options = [], window = 0 }: Pick<Notation, 'flags' | 'options' | 'window'>): void {
    this.#isSyn = (flags & TcpFlag.SYN) !== 0;
    if (this.#isSyn) this.#syn = options;
    this.#last = options;
    this.#window = window;
  }

  /** The option of its SYN. */
  offered<Kind extends TcpOption['kind']>(kind: Kind): Extract<TcpOption, { kind: Kind }> | undefined {
    return find(this.#syn, kind);
  }

  /** Its last window in bytes; that of a SYN is never scaled. RFC 7323 §2.2. */
  windowBytes(shift: number): number {
    return this.#isSyn ? this.#window : this.#window << shift;
  }

  /** Where the clock of its timestamps stands. */
  get clock(): Seq | undefined {
    const value = find(this.#last, 'timestamps')?.value;
    return value === undefined ? undefined : seq(value);
  }
}

/** `sndNxt`: all before it is acknowledged. An option holds where both SYNs had it: RFC 7323 §2.2, §3.2; RFC 2018 §2. */
export function handOverOf(ours: Side, theirs: Side, sndNxt: number, rcvNxt: number): HandOver {
  const both = (kind: TcpOption['kind']): boolean =>
    ours.offered(kind) !== undefined && theirs.offered(kind) !== undefined;
  const shiftOf = (side: Side): number => (both('wscale') ? (side.offered('wscale')?.shift ?? 0) : 0);
  const [sndShift, rcvShift] = [shiftOf(theirs), shiftOf(ours)];
  const sndWnd = theirs.windowBytes(sndShift);
  return {
    ...{ sndNxt: seq(sndNxt), rcvNxt: seq(rcvNxt), sndWl1: seqAdd(seq(rcvNxt), -1) },
    ...{ sndWnd, maxSndWnd: sndWnd, rcvWnd: ours.windowBytes(rcvShift), sndShift, rcvShift },
    mss: theirs.offered('mss')?.mss ?? DEFAULT_MSS,
    sack: both('sackOK'),
    timestamp: both('timestamps') ? ours.clock : undefined,
  };
}

const find = <Kind extends TcpOption['kind']>(options: readonly TcpOption[], kind: Kind) =>
  options.find((option): option is Extract<TcpOption, { kind: Kind }> => option.kind === kind);
