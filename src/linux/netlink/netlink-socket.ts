/** A question line to the kernel: requests over netlink, and what the kernel itself, and nobody else, answers. netlink(7). */
import { constants } from 'node:os';
import { notUnderstood } from '../../error.js';
import * as linux from '../libc/constants.js';
import { closed } from '../libc/closed.js';
import { closeInBackground, libc, SystemCallError } from '../libc/libc.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { joined } from './bytes.js';
import { openNetlink, SOCKADDR_NL } from './descriptor.js';
import { errnoOf, messagesIn, type NetlinkMessage, numberMessages, type Request, requestMessage } from './messages.js';
import { setOption } from '../libc/socket.js';

/** More than the kernel sends at a time (NLMSG_GOODSIZE; 32 KiB in a dump). */
const BUFFER_BYTES = 65_536;
/** The kernel has answered before send() returns; where an answer was lost, waiting does not bring it back. */
const PATIENCE_SECONDS = 5;
/** How often a list is read anew before that is given up. */
const TRIES = 5;

export class NetlinkSocket {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(new ArrayBuffer(BUFFER_BYTES));
  readonly #sender = new Uint8Array(new ArrayBuffer(SOCKADDR_NL.bytes));
  readonly #senderBytes = new Uint32Array(1);
  #sequence = 0;
  #open = true;

  /** `protocol`: NETLINK_…; in `netns`, or in the network namespace that the thread is in. */
  constructor(
    private readonly protocol: { readonly number: number; readonly name: string },
    netns?: NetworkNamespace,
  ) {
    this.#fd = openNetlink(protocol.number, netns);
    const patience = BigInt64Array.of(BigInt(PATIENCE_SECONDS), 0n); // struct timeval
    libc('setsockopt', this.#fd, linux.SOL_SOCKET, linux.SO_RCVTIMEO, patience, patience.byteLength);
  }

  /** Does that with it, and closes it. */
  use<T>(work: (socket: this) => T, options?: CloseOptions): T {
    try {
      return work(this);
    } finally {
      this.close(options);
    }
  }

  /** Sends one request, or several that are one transaction; what comes as an answer to them is theirs from now on. */
  send(requests: readonly Request[]): void {
    if (!this.#open) throw closed(this.protocol.name);
    this.#sequence = (this.#sequence + 1) >>> 0;
    const messages = joined(requests.map(requestMessage));
    numberMessages(messages, this.#sequence, 0);
    libc('send', this.#fd, messages, messages.length, 0);
  }

  /**
   * The next answers of the kernel to what was sent last; they are overwritten by the next.
   * @throws {SystemCallError} ENOBUFS where there was no room for them, EAGAIN where none comes
   * @throws {RawshakeError} RS_NOT_UNDERSTOOD where they are damaged or cut off
   */
  receive(): readonly NetlinkMessage[] {
    for (;;) {
      this.#senderBytes[0] = SOCKADDR_NL.bytes;
      const { byteLength } = this.#buffer;
      const { MSG_TRUNC } = linux;
      const length = libc('recvfrom', this.#fd, this.#buffer, byteLength, MSG_TRUNC, this.#sender, this.#senderBytes);
      if (this.#senderBytes[0] < SOCKADDR_NL.bytes || SOCKADDR_NL.read(this.#sender)('port') !== 0) continue;
      if (length > byteLength)
        throw notUnderstood('netlink', {
          en: `an answer of ${length} bytes was cut off`,
          zh: `${length} 字节的应答被截断`,
        });
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
  ask(request: Request): NetlinkMessage {
    this.send([request]);
    const [answer] = this.receive();
    if (answer === undefined) throw this.#failure(constants.errno.EIO);
    if (answer.type === linux.NLMSG_ERROR) throw this.#failure(errnoOf(answer));
    return answer;
  }

  /**
   * Has several requests carried out as one transaction, and waits until each that asks for it is acknowledged (NLM_F_ACK).
   * @throws {SystemCallError} with the first errno that the kernel answers; then nothing was changed
   */
  transact(requests: readonly Request[]): void {
    this.send(requests);
    const count = requests.filter(({ flags = 0 }) => (flags & linux.NLM_F_ACK) !== 0).length;
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
   * Asks for a list, and gives one after the other; the next ones overwrite it.
   * @throws {SystemCallError} with the errno that the kernel answers; EINTR where somebody has changed the list meanwhile
   */
  *dump(request: Request): Generator<NetlinkMessage> {
    this.send([{ ...request, flags: linux.NLM_F_DUMP }]);
    for (;;) {
      for (const message of this.receive()) {
        // Part of the list is from before the change.
        if ((message.flags & linux.NLM_F_DUMP_INTR) !== 0) throw this.#failure(constants.errno.EINTR);
        if (message.type === linux.NLMSG_DONE) return;
        if (message.type === linux.NLMSG_ERROR) throw this.#failure(errnoOf(message));
        yield message;
      }
    }
  }

  /**
   * The list, of which `read` makes what is wanted (undefined: it is none of that); read anew where somebody has changed it meanwhile.
   * @throws {SystemCallError} with the errno that the kernel answers; EINTR where it is being changed all the time
   */
  list<T>(request: Request, read: (message: NetlinkMessage) => T | undefined): T[] {
    for (let tries = 1; ; tries++) {
      try {
        const found: T[] = [];
        for (const message of this.dump(request)) {
          const one = read(message);
          if (one !== undefined) found.push(one);
        }
        return found;
      } catch (error) {
        if (!(error instanceof SystemCallError && error.code === 'EINTR') || tries === TRIES) throw error;
      }
    }
  }

  /** Idempotent. */
  close({ inBackground = false }: CloseOptions = {}): void {
    if (!this.#open) return;
    this.#open = false;
    if (inBackground) closeInBackground(this.#fd);
    else libc('close', this.#fd);
  }

  #failure(errno: number): SystemCallError {
    return new SystemCallError(this.protocol.name, errno);
  }
}

export interface CloseOptions {
  /** On a thread of the pool, where that takes long. */
  readonly inBackground?: boolean;
}
