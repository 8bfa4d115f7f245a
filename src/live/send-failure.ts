/** Why the kernel would not send a packet, and what to do about it. send(2), raw(7), packet(7). */
import { RawshakeError, type RawshakeErrorCode, type Text } from '../error.js';

interface Failure {
  /** What strerror says of it: the package raw-socket keeps no errno. */
  readonly words: string;
  readonly code: RawshakeErrorCode;
  readonly why: string;
  readonly hint: Text;
}

const UNREACHABLE: Text = {
  en: 'Look at routes, neighbours and links: ip route show table all; ip neigh; ip link',
  zh: '请查看路由、邻居和接口：ip route show table all；ip neigh；ip link',
};

const FAILURES: Readonly<Record<string, Failure>> = {
  EPERM: {
    words: 'Operation not permitted',
    code: 'RS_NOT_SENT',
    why: 'the firewall of this host forbids the packet',
    hint: {
      en: 'Look at its rules: iptables -L OUTPUT (IPv6: ip6tables -L OUTPUT), or nft list ruleset',
      zh: '请查看其规则：iptables -L OUTPUT（IPv6：ip6tables -L OUTPUT），或 nft list ruleset',
    },
  },
  EACCES: {
    words: 'Permission denied',
    code: 'RS_NOT_SENT',
    why: 'the address is a broadcast address, or a route prohibits it',
    hint: {
      en: 'Give the address of one host, or look at the routes: ip route show table all',
      zh: '请给出单个主机的地址，或查看路由：ip route show table all',
    },
  },
  EMSGSIZE: {
    words: 'Message too long',
    code: 'RS_NOT_SENT',
    why: 'the packet is longer than the MTU of the link',
    hint: { en: 'Send fewer bytes; ip link shows the MTU.', zh: '请减少数据；ip link 会显示 MTU。' },
  },
  ENOBUFS: {
    words: 'No buffer space available',
    code: 'RS_NOT_SENT',
    why: 'the queue of the interface is full',
    hint: { en: 'Run it again; look at: ip -s link', zh: '请重试，并查看：ip -s link' },
  },
  ENETUNREACH: {
    words: 'Network is unreachable',
    code: 'RS_NO_ROUTE',
    why: 'no route leads there',
    hint: UNREACHABLE,
  },
  EHOSTUNREACH: {
    words: 'No route to host',
    code: 'RS_NO_ROUTE',
    why: 'no route leads there, or no neighbour answers',
    hint: UNREACHABLE,
  },
  ENETDOWN: { words: 'Network is down', code: 'RS_NO_ROUTE', why: 'the link is down', hint: UNREACHABLE },
};

/** The error of a port in the words of a person; any other as it is. `what` was to be sent: its destination, or in words. */
export function explainSendFailure(error: Error, what: string): Error {
  const { code } = error as NodeJS.ErrnoException;
  const found = Object.entries(FAILURES).find(([name, { words }]) => code === name || error.message === words);
  if (found === undefined) return error;
  const [name, failure] = found;
  return new RawshakeError(failure.code, `${what}: ${failure.why} (${name})`, {
    cause: error,
    hint: failure.hint,
  });
}
