/** A packet that the kernel would not send: which one, and why. send(2), raw(7), packet(7). */

export class PacketNotSent extends Error {
  override readonly name = 'PacketNotSent';

  /** `code`: the symbolic errno, `EPERM`; undefined where nobody knows it. */
  constructor(
    readonly packet: Uint8Array,
    readonly code: string | undefined,
    cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** There was no room for it for a moment: one waits and sends it again, as TCP does. */
export const isPassing = (error: Error): boolean =>
  error instanceof PacketNotSent && ['ENOBUFS', 'ENOMEM', 'EAGAIN'].includes(error.code ?? '');

/** It was longer than what the way takes. */
export const isTooLong = (error: Error): error is PacketNotSent =>
  error instanceof PacketNotSent && error.code === 'EMSGSIZE';
