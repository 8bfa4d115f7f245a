/** A hand-made TCP connection as a stream: a Duplex with the address fields of net.Socket. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { negotiated, type Negotiated, queuedBytes, type Step, type Tcb } from '../tcp/index.js';
import type { CloseReason, TcpState } from '../tcp/types.js';
import type { IcmpError } from './icmp.js';
import { handOver, requireAdoptable, settled } from './adoption.js';
import { Inbound } from './inbound.js';
import { Machine, type Notice } from './machine.js';
import { connectionError } from './net-error.js';
import { adoptionUnderWay } from './not-adopted.js';
import { isPassing } from './not-sent.js';
import { watchOrphan } from './orphan.js';
import { type Callback, Outbound } from './outbound.js';
import type { Clock, PacketPort, Transport, Unsubscribe } from './ports.js';
import { type RawConnectionOptions, streamOptions } from './raw-connection-options.js';
import { SocketFace } from './socket-face.js';

/**
 * `destroy()` closes as close(2) does: in order, or by RST where data was left unread; `destroy(error)` and
 * `resetAndDestroy()` end it by RST. Emits what net.Socket does: `connect`, `data`, `end`,
 * `drain`, `finish`, `timeout`, `error`, `close`; and `released` once the machine is in CLOSE, which TIME-WAIT puts off
 * beyond `close`: only then is the port done with. `ended` tells of `closeReason`, which may be known before `close`, or
 * after it, where what was sent is still under way. `acknowledged` says that the other side has all that was written.
 */
export class RawConnection extends SocketFace {
  readonly #machine: Machine;
  readonly #port: PacketPort;
  readonly #clock: Clock;
  /** What the machine had to say before the constructor returned: nobody could listen yet. */
  #early: Notice[] | undefined;
  #connecting = true;
  #ended: CloseReason | undefined;
  #released = false;
  #closedHere = false;
  #reset = false;
  readonly #inbound = new Inbound((bytes) => {
    this.#give(bytes);
  });
  readonly #outbound: Outbound;
  #cancelWatch: Unsubscribe | undefined;
  #adopting = false;
  #bytesRead = 0;
  #notSent: Error | undefined;

  /** Takes over a connection that a step has opened; the first packet goes out before the constructor returns. */
  constructor(options: RawConnectionOptions, opened: Step) {
    super(options.flow, options.clock, streamOptions(options));
    this.#outbound = new Outbound(queuedBytes(opened.tcb), options.sendBufferBytes);
    this.#port = options.port;
    this.#clock = options.clock;
    const early: Notice[] = (this.#early = []);
    this.#machine = new Machine(
      {
        ...options,
        onNotice: (notice) => {
          if (this.#early === undefined) this.#notice(notice);
          else this.#early.push(notice);
        },
        onTrouble: (trouble) => {
          this.#fail(trouble);
        },
        onClosed: () => {
          this.#released = true;
          this.#cancelWatch?.();
          this.emit('released');
        },
      },
      opened,
    );
    this.#machine.start();
    if (early.length === 0) this.#early = undefined;
    else
      process.nextTick(() => {
        this.#early = undefined;
        for (const notice of early) this.#notice(notice);
      });
  }

  get transport(): Transport {
    return this.#port.transport;
  }

  get state(): TcpState {
    return this.#machine.tcb.state;
  }

  /** The transmission control block, a value: what the machine knows at this moment. */
  get tcb(): Tcb {
    return this.#machine.tcb;
  }

  /** What the two SYNs agreed on. */
  get negotiated(): Negotiated {
    return negotiated(this.#machine.tcb);
  }

  get connecting(): boolean {
    return this.#connecting;
  }

  /** The machine is in CLOSE, or the connection was abandoned. */
  get released(): boolean {
    return this.#released;
  }

  /** How it ended, in its machine's word; undefined before that, and where it was abandoned. */
  get closeReason(): CloseReason | undefined {
    return this.#ended;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** With what the SYN carried. */
  get bytesWritten(): number {
    return this.#outbound.written;
  }

  /** As many of those as the other side has told to have. */
  get bytesAcknowledged(): number {
    return this.#outbound.acknowledged;
  }

  /** Why the last thing was not sent that the kernel behind the port refused, where nothing was acknowledged since. */
  get notSent(): Error | undefined {
    return this.#notSent;
  }

  /**
   * Gives its reader nothing until `letRead()`, whatever it asks for: what comes counts against the window. For a reader
   * such as http.Server, which undoes `pause()` after every message.
   */
  holdReading(): void {
    this.#inbound.hold();
  }

  /** Gives its reader no more than so many bytes at a time: for one who can say only between two of them that it has enough. */
  readInParts(most: number): void {
    this.#inbound.limit(most);
  }

  /** Undoes `holdReading`. */
  letRead(): void {
    if (!this.destroyed) this.#inbound.release();
  }

  /** Ends it by RST, as SO_LINGER 0 does; also what was closed in order, and is still to be taken by the other side. */
  resetAndDestroy(): this {
    this.#reset = true;
    if (this.destroyed && !this.#released && this.state !== 'TIME_WAIT') this.#machine.dispatch({ type: 'abort' });
    return this.destroy();
  }

  /** Forgets the connection as it stands: nothing more is sent, and the other side is not told. */
  abandon(): void {
    this.#machine.stop();
    this.destroy();
  }

  /**
   * Gives the connection to the kernel: a socket of its own owns the four-tuple from now on and carries the connection on,
   * so nothing is left for a filter to drop. This object is over then, as after `abandon()`; `adopted` was emitted with
   * the socket, then `released`. No segment is sent by hand any more, and a `signal` does not end the socket.
   *
   * What was written is waited for until it is acknowledged. What was received and not read comes first from the socket.
   * A segment that arrives just before the kernel's socket is there was seen by nobody, or by this object's port alone:
   * it was not acknowledged, so the other side sends it again. The filter must stay until this resolves. Urgent data is
   * in the stream, as by hand. RFC 6093 §6.
   *
   * ```js
   * const connection = connect({ port, flow, clock: systemClock });
   * await handshake(connection);
   * const socket = await connection.adopt();
   * for (const lease of [filter, port]) lease.close();
   * socket.end('sent by the kernel');
   * ```
   *
   * @throws {RawshakeError} RS_NOT_ADOPTED where it is not in ESTABLISHED, is over, has `setEncoding`, or comes from a port
   * behind which there is no kernel, or the kernel refuses; RS_NO_PRIVILEGE without CAP_NET_ADMIN. It goes on by hand then.
   */
  async adopt(): Promise<Socket> {
    requireAdoptable(this);
    if (this.#adopting) throw adoptionUnderWay();
    this.#adopting = true;
    try {
      await settled(this, this.#port);
      const socket = handOver(this, () => this.#machine.adopt(this.allowHalfOpen));
      this.emit('adopted', socket);
      this.abandon();
      return socket;
    } finally {
      this.#adopting = false;
    }
  }

  /** Resets it where it is still open, and waits until nothing of it is left. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (!this.destroyed) this.resetAndDestroy();
    if (!this.#released) await once(this, 'released');
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.idle.touch();
    this.#outbound.add(chunk.length);
    this.#machine.dispatch({ type: 'write', data: chunk });
    this.#outbound.whenRoom(this.#queued, callback);
  }

  override _final(callback: Callback): void {
    if (this.#connecting && this.#ended === undefined) {
      // CLOSE in SYN-SENT would give the connection up; whoever says end() before connect means: after what was written.
      this.once('connect', () => {
        this._final(callback);
      });
      return;
    }
    this.#closedHere = true;
    if (this.#ended === undefined) this.#machine.dispatch({ type: 'close' });
    callback();
  }

  override _read(): void {
    this.#inbound.want();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.idle.set(0);
    if (this.#ended === undefined && !this.#released) {
      const unread = this.#inbound.length > 0 || this.readableLength > 0;
      const inOrder = error === null && !this.#reset && !this.#connecting && !unread;
      if (!inOrder) this.#machine.dispatch({ type: 'abort' });
      else if (!this.#closedHere) this.#machine.dispatch({ type: 'close' });
      // What is closed in order the machine still sees to its end, without a stream.
      this.#cancelWatch = watchOrphan(this.#machine, this.#clock);
    }
    // What waits for room in the send buffer will not be sent any more.
    const waiting = this.#outbound.giveUp();
    callback(error);
    waiting?.(error ?? connectionError('aborted', this.flow, true));
  }

  /** Bytes that were written, and that the other side has not told to have. */
  get #queued(): number {
    return queuedBytes(this.#machine.tcb);
  }

  #notice(notice: Notice): void {
    this.idle.touch();
    switch (notice.type) {
      case 'established':
        this.#connecting = false;
        this.emit('connect');
        this.emit('ready');
        return;
      case 'deliver':
        if (this.destroyed) {
          this.#machine.dispatch({ type: 'abort' }); // nobody is left to read it, as after close(2)
          return;
        }
        this.#bytesRead += notice.data.length;
        this.#inbound.add(notice.data); // a stream that was paused meanwhile keeps it
        return;
      case 'peer-closed':
        this.#inbound.end();
        return;
      case 'acknowledged':
        this.#outbound.acknowledge(notice.bytes);
        this.#notSent = undefined;
        if (this.#queued === 0) this.emit('acknowledged');
        this.#outbound.makeRoom(this.#queued);
        return;
      case 'ended':
        this.#end(notice.reason);
        return;
    }
  }

  /** Hands bytes to the reader, and offers their room to the other side again. */
  #give(bytes: Uint8Array | null): void {
    this.push(bytes);
    if (bytes !== null && !this.#released) this.#machine.dispatch({ type: 'consumed', bytes: bytes.length });
  }

  #end(reason: CloseReason): void {
    this.#ended = reason;
    this.emit('ended');
    if (reason === 'closed' || this.destroyed) return;
    this.destroy(connectionError(reason, this.flow, !this.#connecting));
  }

  /** A handshake gives up on the first bad word, as Linux does; an established connection goes on trying. RFC 5461 §4. */
  #fail(trouble: IcmpError | Error): void {
    if (trouble instanceof Error) this.#notSent = trouble;
    if (!this.#connecting || this.destroyed || (trouble instanceof Error && isPassing(trouble))) return;
    this.#machine.stop();
    this.destroy(trouble instanceof Error ? trouble : connectionError(trouble, this.flow, false));
  }
}
