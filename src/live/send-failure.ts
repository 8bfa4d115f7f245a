/** Why the kernel would not send a packet, and what to do about it. send(2), raw(7), packet(7). */
import { PacketNotSent } from '../driver/not-sent.js';
import { about, RawshakeError, type RawshakeErrorCode, type Text } from '../error.js';
import type { Obstacle } from '../evidence/connection.js';

interface Failure extends Obstacle {
  readonly code: RawshakeErrorCode;
}

const UNREACHABLE: Text = {
  en: 'Look at routes, neighbours and links: ip route show table all; ip neigh; ip link',
  zh: '请查看路由、邻居和接口：ip route show table all；ip neigh；ip link',
};

const NO_ROOM: Failure = {
  code: 'RS_NOT_SENT',
  why: { en: 'the queue of the interface is full', zh: '接口的发送队列已满' },
  hint: { en: 'Run it again; look at: ip -s link', zh: '请重试，并查看：ip -s link' },
};

const FAILURES: Readonly<Record<string, Failure>> = {
  EPERM: {
    code: 'RS_NOT_SENT',
    why: { en: 'the firewall of this host forbids the packet', zh: '本机的防火墙禁止该数据包' },
    hint: {
      en: 'Look at its rules: iptables -L OUTPUT (IPv6: ip6tables -L OUTPUT), or nft list ruleset',
      zh: '请查看其规则：iptables -L OUTPUT（IPv6：ip6tables -L OUTPUT），或 nft list ruleset',
    },
  },
  EACCES: {
    code: 'RS_NOT_SENT',
    why: {
      en: 'the address is a broadcast address, or a route prohibits it',
      zh: '该地址是广播地址，或被路由禁止',
    },
    hint: {
      en: 'Give the address of one host, or look at the routes: ip route show table all',
      zh: '请给出单个主机的地址，或查看路由：ip route show table all',
    },
  },
  EMSGSIZE: {
    code: 'RS_NOT_SENT',
    why: { en: 'the packet is longer than the MTU of the link', zh: '数据包超过接口的 MTU' },
    hint: { en: 'Send fewer bytes; ip link shows the MTU.', zh: '请减少数据；ip link 会显示 MTU。' },
  },
  ENOBUFS: NO_ROOM,
  ENOMEM: NO_ROOM,
  EAGAIN: NO_ROOM,
  ENETUNREACH: {
    code: 'RS_NO_ROUTE',
    why: { en: 'no route leads there', zh: '没有通往该地址的路由' },
    hint: UNREACHABLE,
  },
  EHOSTUNREACH: {
    code: 'RS_NO_ROUTE',
    why: { en: 'no route leads there, or no neighbour answers', zh: '没有通往该地址的路由，或邻居没有应答' },
    hint: UNREACHABLE,
  },
  ENETDOWN: { code: 'RS_NO_ROUTE', why: { en: 'the link is down', zh: '接口未启用' }, hint: UNREACHABLE },
};

/** What nobody has foreseen. */
const REFUSED: Failure = {
  code: 'RS_NOT_SENT',
  why: { en: 'the kernel would not send the packet', zh: '内核拒绝发送该数据包' },
  hint: UNREACHABLE,
};

interface Found {
  readonly name: string;
  readonly failure: Failure;
}

const whyOf = ({ name, failure: { why } }: Found): Text => ({ en: `${why.en} (${name})`, zh: `${why.zh}（${name}）` });

/** undefined where the error is of another kind. */
function failureOf(error: Error): Found | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  const known = FAILURES[code];
  if (known !== undefined) return { name: code, failure: known };
  return error instanceof PacketNotSent ? { name: code || error.message, failure: REFUSED } : undefined;
}

/** The error of a port in the words of a person; any other as it is. `what` was to be sent: its destination, or in words. */
export function explainSendFailure(error: Error, what: string | Text): Error {
  const found = failureOf(error);
  if (found === undefined) return error;
  const { failure } = found;
  return new RawshakeError(failure.code, about(what, whyOf(found)), { cause: error, hint: failure.hint });
}

/** The same, of what stood in the way of a connection. */
export function sendObstacle(error: Error): Obstacle | undefined {
  const found = failureOf(error);
  if (found === undefined) return undefined;
  return { why: whyOf(found), hint: found.failure.hint };
}
