/**
 * Gives a connection that was made by hand to the kernel: a socket that never sent a SYN, told all that the two SYNs agreed
 * on. tcp(7) of the kernel: TCP_REPAIR in `net/ipv4/tcp.c`, as CRIU uses it.
 */
import type { Socket } from 'node:net';
import type { AdoptOptions, PacketPort } from '../../driver/ports.js';
import { about, RawshakeError, type Text } from '../../error.js';
import type { HandOver } from '../../tcp/index.js';
import { endpoint, type Flow } from '../../wire/flow.js';
import * as linux from '../libc/constants.js';
import { libc, type Memory, SystemCallError } from '../libc/libc.js';
import { bindToLink, setOption } from '../libc/socket.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { domainOf, familyOf, socketAddress } from '../libc/sockaddr.js';
import { privilegeHint } from '../namespace/user-namespace.js';
import { AdoptedStream } from './adopted-stream.js';
import type { Zone } from './zone.js';

/** `port`, whose connections the kernel of `netns` can adopt, or of the namespace that one stands in; `zone`: their link. */
export const withAdoption = (port: PacketPort, zone?: Zone, netns?: NetworkNamespace): PacketPort => ({
  ...port,
  adopt(connection, options) {
    const adopt = (): Socket => adoptConnection(connection, options, zone);
    return netns === undefined ? adopt() : netns.run(adopt);
  },
});

function adoptConnection(connection: HandOver, { flow, allowHalfOpen }: AdoptOptions, zone: Zone | undefined): Socket {
  const fd = insertConnection(connection, flow, zone);
  try {
    leaveRepair(fd);
    return new AdoptedStream({ fd, allowHalfOpen });
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}

/**
 * A socket in ESTABLISHED that owns `flow` from now on, still in repair mode: closing it now tells nobody. It is made in
 * the network namespace that the thread is in. Gives its descriptor.
 * @throws {RawshakeError} RS_NO_PRIVILEGE without CAP_NET_ADMIN; RS_NOT_ADOPTED where the kernel refuses
 */
export function insertConnection(connection: HandOver, flow: Flow, zone?: Zone): number {
  const local = socketAddress(flow.src, flow.srcPort, zone?.index);
  const remote = socketAddress(flow.dst, flow.dstPort, zone?.index);
  const fd = libc('socket', domainOf(familyOf(flow.src)), linux.SOCK_STREAM | linux.SOCK_CLOEXEC, 0);
  try {
    attempt('TCP_REPAIR', flow, () => {
      setTcp(fd, linux.TCP_REPAIR, Int32Array.of(linux.TCP_REPAIR_ON));
    });
    bindToLink(fd, zone);
    // Else no read gives the urgent byte. RFC 6093 §6; tcp(7), SO_OOBINLINE.
    setOption(fd, linux.SOL_SOCKET, linux.SO_OOBINLINE, 1);
    attempt('bind', flow, () => libc('bind', fd, local, local.length));
    // The option below sets the limit only; the segment size itself is computed at connect, from this.
    attempt('TCP_MAXSEG', flow, () => {
      setTcp(fd, linux.TCP_MAXSEG, Int32Array.of(Math.min(Math.max(connection.mss, LEAST_MSS), MOST_MSS)));
    });
    attempt('TCP_QUEUE_SEQ', flow, () => {
      setQueueStart(fd, linux.TCP_SEND_QUEUE, connection.sndNxt);
      setQueueStart(fd, linux.TCP_RECV_QUEUE, connection.rcvNxt);
    });
    // Sends nothing: the socket enters the table of connections as it is.
    attempt('connect', flow, () => libc('connect', fd, remote, remote.length));
    attempt('TCP_REPAIR_OPTIONS', flow, () => {
      setTcp(fd, linux.TCP_REPAIR_OPTIONS, repairOptions(connection));
      if (connection.timestamp !== undefined) setTcp(fd, linux.TCP_TIMESTAMP, timestamp(connection.timestamp));
    });
    attempt('TCP_REPAIR_WINDOW', flow, () => {
      setTcp(fd, linux.TCP_REPAIR_WINDOW, repairWindow(connection));
    });
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}

/** Ends the repair mode. The kernel sends a window probe, whose answer tells it of all that was missed meanwhile. */
function leaveRepair(fd: number): void {
  setTcp(fd, linux.TCP_REPAIR, Int32Array.of(linux.TCP_REPAIR_OFF));
}

/** What TCP_MAXSEG takes: TCP_MIN_MSS, MAX_TCP_WINDOW. `<net/tcp.h>`. */
const LEAST_MSS = 88;
const MOST_MSS = 32_767;

const setTcp = (fd: number, option: number, value: Memory): void => {
  libc('setsockopt', fd, linux.IPPROTO_TCP, option, value, value.byteLength);
};

function setQueueStart(fd: number, queue: number, start: number): void {
  setTcp(fd, linux.TCP_REPAIR_QUEUE, Int32Array.of(queue));
  setTcp(fd, linux.TCP_QUEUE_SEQ, Uint32Array.of(start));
}

/**
 * struct tcp_repair_opt, one after the other. The window scale is always told, as 0 where there is none: the socket has
 * chosen one of its own at connect, and would go by that.
 */
function repairOptions({ mss, sndShift, rcvShift, sack, timestamp }: HandOver): Uint32Array {
  const options = [
    [linux.TCPOPT_MSS, mss],
    [linux.TCPOPT_WINDOW, sndShift | (rcvShift << 16)],
    ...(sack ? [[linux.TCPOPT_SACK_PERM, 0]] : []),
    ...(timestamp === undefined ? [] : [[linux.TCPOPT_TIMESTAMP, 0]]),
  ];
  return Uint32Array.from(options.flat());
}

/** The next even value: since Linux 6.7 an odd one asks for a clock of microseconds. */
const timestamp = (clock: number): Uint32Array => Uint32Array.of(clock + (clock & 1));

/** struct tcp_repair_window: snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup. */
const repairWindow = ({ sndWl1, sndWnd, maxSndWnd, rcvWnd, rcvNxt }: HandOver): Uint32Array =>
  Uint32Array.of(sndWl1, sndWnd, Math.max(maxSndWnd, sndWnd), rcvWnd, rcvNxt);

/** Runs one step; where the kernel refuses, says which and why. */
function attempt(step: string, flow: Flow, action: () => unknown): void {
  try {
    action();
  } catch (cause) {
    if (!(cause instanceof SystemCallError)) throw cause;
    throw refused(step, flow, cause);
  }
}

function refused(step: string, flow: Flow, cause: SystemCallError): RawshakeError {
  const [local, remote] = [endpoint(flow.src, flow.srcPort), endpoint(flow.dst, flow.dstPort)];
  if (cause.code === 'EPERM' && step === 'TCP_REPAIR') {
    const why = { en: 'TCP_REPAIR needs CAP_NET_ADMIN', zh: 'TCP_REPAIR 需要 CAP_NET_ADMIN' };
    return new RawshakeError('RS_NO_PRIVILEGE', about('adopt', why), { cause, hint: privilegeHint() });
  }
  if (cause.code === 'EADDRNOTAVAIL' && step === 'connect') {
    return notAdopted(
      {
        en: `a socket of the kernel owns ${local} to ${remote} already`,
        zh: `内核的套接字已拥有 ${local} 到 ${remote}`,
      },
      cause,
      {
        en: `See which: ss -tnp 'src ${local} and dst ${remote}'. Close it, or connect from another port.`,
        zh: `请查看是哪个套接字：ss -tnp 'src ${local} and dst ${remote}'。关闭它，或换一个源端口。`,
      },
    );
  }
  if (cause.code === 'EADDRNOTAVAIL' && step === 'bind') {
    return notAdopted(
      {
        en: `${flow.src} is no address of this host, and its kernel answers for its own only`,
        zh: `${flow.src} 不是本机地址，而内核只为自己的地址作答`,
      },
      cause,
      {
        en: 'Connect from an address that `ip address` shows.',
        zh: '请使用 `ip address` 列出的地址作为源地址。',
      },
    );
  }
  return notAdopted(
    { en: `the kernel refused ${step} (${cause.code})`, zh: `内核拒绝了 ${step}（${cause.code}）` },
    cause,
    {
      en: 'See whether it works in a private lab: rawshake doctor',
      zh: '请查看在私有实验环境中是否可行：rawshake doctor',
    },
  );
}

const notAdopted = (why: Text, cause: SystemCallError, hint: Text): RawshakeError =>
  new RawshakeError('RS_NOT_ADOPTED', about('adopt', why), { cause, hint });
