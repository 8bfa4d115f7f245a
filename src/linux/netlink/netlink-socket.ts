/** A question line to the kernel: requests over netlink, and what the kernel itself, and nobody else, answers. netlink(7). */
import { constants } from 'node:os';
import { notUnderstood } from '../../error.js';
import * as linux from '../libc/constants.js';
import { closed } from '../libc/closed.js';
import { closeInBackground, libc, SystemCallError } from '../libc/libc.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { aligned, errnoOf, HEADER_BYTES, messagesIn, type NetlinkMessage, viewOf } from './messages.js';
import { setOption } from '../libc/socket.js';

/** More than the kernel sends at a time (NLMSG_GOODSIZE; 32 KiB in a dump). */
const BUFFER_BYTES = 65_536;
/** The kernel has answered before send() returns; where an answer was lost, waiting does not bring it back. */
const PATIENCE_SECONDS = 5;
/** struct sockaddr_nl: family, pad, port, groups. */
const NAME_BYTES = 12;
const NAME_PORT = 4;

export class NetlinkSocket {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(new ArrayBuffer(BUFFER_BYTES));
  readonly #name = new DataView(new ArrayBuffer(NAME_BYTES));
  readonly #nameLength = new Uint32Array(1);
  #sequence = 0;
  #open = true;

  /** `protocol`: NETLINK_…; in `netns`, or in the network namespace that the thread is in. */
  constructor(
    private readonly protocol: { readonly number: number; readonly name: string },
    netns?: NetworkNamespace,
  ) {
    const open = () => libc('socket', linux.AF_NETLINK, linux.SOCK_RAW | linux.SOCK_CLOEXEC, protocol.number);
    this.#fd = netns === undefined ? open() : netns.run(open);
    const patience = BigInt64Array.of(BigInt(PATIENCE_SECONDS), 0n); // struct timeval
    libc('setsockopt', this.#fd, linux.SOL_SOCKET, linux.SO_RCVTIMEO, patience, patience.byteLength);
  }

  /** Sends one message, or several that are one transaction; what comes as an answer to them is theirs from now on. */
  send(messages: Uint8Array): void {
    if (!this.#open) throw closed(this.protocol.name);
    this.#sequence = (this.#sequence + 1) >>> 0;
    const view = viewOf(messages);
    for (let at = 0; at + HEADER_BYTES <= messages.length; at += aligned(view.getUint32(at, true)))
      view.setUint32(at + 8, this.#sequence, true);
    libc('send', this.#fd, messages, messages.length, 0);
  }

  /**
   * The next answers of the kernel to what was sent last; they are overwritten by the next.
   * @throws {SystemCallError} ENOBUFS where there was no room for them, EAGAIN where none comes
   * @throws {RawshakeError} RS_NOT_UNDERSTOOD where they are damaged or cut off
   */
  receive(): readonly NetlinkMessage[] {
    for (;;) {
      this.#nameLength[0] = NAME_BYTES;
      const { byteLength } = this.#buffer;
      const length = libc(
        'recvfrom',
        this.#fd,
        this.#buffer,
        byteLength,
        linux.MSG_TRUNC,
        this.#name,
        this.#nameLength,
      );
      // Any process of root's here may send to this socket; the kernel is port 0.
      if (this.#nameLength[0] < NAME_BYTES || this.#name.getUint32(NAME_PORT, true) !== 0) continue;
      if (length > byteLength) throw notUnderstood(`netlink: an answer of ${length} bytes was cut off`);
      const answers = messagesIn(this.#buffer.subarray(0, length)).filter(
        ({ sequence }) => sequence === this.#sequence,
      );
      if (answers.length > 0) return answers;
    }
  }

  /**
   * Asks what has one answer.
   * @throws {SystemCallError} with the errno that the kernel answers
   */
  ask(request: Uint8Array): NetlinkMessage {
    this.send(request);
    const [answer] = this.receive();
    if (answer === undefined || answer.type === linux.NLMSG_ERROR)
      throw new SystemCallError(this.protocol.name, answer === undefined ? constants.errno.EIO : errnoOf(answer));
    return answer;
  }

  /**
   * Has several messages carried out as one transaction, and waits until each is acknowledged.
   * @throws {SystemCallError} with the first errno that the kernel answers; then nothing was changed
   */
  transact(messages: Uint8Array, count: number): void {
    this.send(messages);
    for (const message of this.acknowledgements(count))
      if (errnoOf(message) !== 0) throw this.#failure(errnoOf(message));
  }

  /** Of so many messages that were sent last: acknowledgements and errors, in the order of the messages. */
  *acknowledgements(count: number): Generator<NetlinkMessage> {
    for (let answers = 0; answers < count;) {
      for (const message of this.receive()) {
        if (message.type !== linux.NLMSG_ERROR) continue;
        answers += 1;
        yield message;
      }
    }
  }

  /** From now on the kernel says in words why it refuses what it is asked: `reasonOf` has them. */
  askForReasons(): void {
    setOption(this.#fd, linux.SOL_NETLINK, linux.NETLINK_CAP_ACK, 1);
    setOption(this.#fd, linux.SOL_NETLINK, linux.NETLINK_EXT_ACK, 1);
  }

  /**
   * Asks for a list. `each` is called with one after the other, which the next ones overwrite.
   * @throws {SystemCallError} with the errno that the kernel answers; EINTR where somebody has changed the list meanwhile
   */
  dump(request: Uint8Array, each: (message: NetlinkMessage) => void): void {
    this.send(request);
    for (;;) {
      for (const message of this.receive()) {
        // Part of the list is from before the change.
        if ((message.flags & linux.NLM_F_DUMP_INTR) !== 0) throw this.#failure(constants.errno.EINTR);
        if (message.type === linux.NLMSG_DONE) return;
        if (message.type === linux.NLMSG_ERROR) throw this.#failure(errnoOf(message));
        each(message);
      }
    }
  }

  /** Idempotent. `inBackground`: on a thread of the pool, where that takes long. */
  close({ inBackground = false } = {}): void {
    if (!this.#open) return;
    this.#open = false;
    if (inBackground) closeInBackground(this.#fd);
    else libc('close', this.#fd);
  }

  #failure(errno: number): SystemCallError {
    return new SystemCallError(this.protocol.name, errno);
  }
}
