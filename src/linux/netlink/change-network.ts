/** Has the kernel make changes of a network namespace, many in one call and without a program for it. rtnetlink(7). */
import { getSystemErrorMap } from 'node:util';
import { about, RawshakeError } from '../../error.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { errnoOf, reasonOf } from './messages.js';
import { openRtnetlink } from './rtnetlink.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import type { Link, NetworkChange } from './network-changes.js';
import { notInKernel } from '../libc/not-in-kernel.js';

/** The loopback of every network namespace. <net/flow.h>, LOOPBACK_IFINDEX. */
export const LOOPBACK_LINK: Link = { name: 'lo', index: 1 };

export const linkIn = (netns: NetworkNamespace, name: string): Link => ({
  name,
  index: netns.run(() => libc('if_nametoindex', name)),
});

/**
 * One after the other; all are in force when it returns. One that is refused keeps those behind it from nothing
 * (netlink_rcv_skb).
 * @throws {RawshakeError} of the first that is refused, with the kernel's words: RS_NOT_IN_KERNEL, RS_SYSTEM_CALL
 */
export function changeNetwork(netns: NetworkNamespace, changes: readonly NetworkChange[]): void {
  openRtnetlink(netns).use((socket) => {
    socket.askForReasons();
    socket.send(changes.map(({ request }) => request));
    let next = 0;
    for (const answer of socket.acknowledgements(changes.length)) {
      const command = changes[next++]?.command ?? '';
      if (errnoOf(answer) !== 0) throw refused(command, errnoOf(answer), reasonOf(answer));
    }
  });
}

function refused(command: string, errno: number, reason: string | undefined): RawshakeError {
  const cause = new SystemCallError('rtnetlink', errno);
  const [, meaning] = getSystemErrorMap().get(-errno) ?? [];
  const said = reason ?? meaning;
  const why = {
    en: said === undefined ? `(${cause.code})` : `${said} (${cause.code})`,
    zh: said === undefined ? `内核拒绝了它（${cause.code}）` : `${said}（${cause.code}）`,
  };
  if (cause.code === 'EOPNOTSUPP') return notInKernel(about(command, why), cause);
  return new RawshakeError('RS_SYSTEM_CALL', about(command, why), {
    cause,
    hint: { en: 'See what this machine lacks: rawshake doctor', zh: '请查看这台机器缺少什么：rawshake doctor' },
  });
}
