/** PacketPort over SOCK_RAW through libc: always there, with a BPF filter so that it wakes for its own flow only. raw(7). */
import { Listeners } from '../../driver/listeners.js';
import { PacketNotSent } from '../../driver/not-sent.js';
import type { PacketPort } from '../../driver/ports.js';
import { flowFilter } from '../libc/bpf.js';
import * as linux from '../libc/constants.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { destinationOf, isForStranger, type PortOptions, receivedFlow } from './raw-flow.js';
import { readRawSocket } from './raw-reader.js';
import { domainOf, type Family, familyOf, socketAddress } from '../libc/sockaddr.js';
import {
  ANSWERS_TO_STRANGERS_BYTES,
  attachFilter,
  bindToSource,
  type BpfInstruction,
  NO_PATH_MTU,
  setOption,
  SERVER_QUEUE_BYTES,
  setReceiveQueue,
  setSendQueue,
} from '../libc/socket.js';

/** Answers to strangers leave by the socket of the SYNs, so that all others go on however many of them wait for a neighbour. */
const SERVER_SEND_BYTES = 16 << 20;

/** SYNs that a server reads in a turn of the event loop; of all else a little more. */
const SYNS_IN_A_TURN = 128;

/**
 * Opens the port in the network namespace that the thread is in.
 * @throws {SystemCallError} EPERM without CAP_NET_RAW, or without CAP_NET_ADMIN where a mark is asked for
 */
export function openLibcPort(options: PortOptions): PacketPort {
  const { local, remote, zone } = options;
  const family = familyOf(local);
  const isServer = remote === undefined;
  const [fd, synFd] = openSockets(family, options, isServer);
  const packets = new Listeners<Uint8Array>();
  const errors = new Listeners<Error>();
  const destination = socketAddress(local, 0, zone?.index); // its address is replaced by the packet's, at each send
  const protocol = linux.IPPROTO_TCP;
  const onPacket = (packet: Uint8Array): void => {
    packets.emit(packet.slice());
  };
  // Reads at once, before anyone listens: what arrived between socket() and the filter is gone with that.
  const common = { family, local, protocol, onPacket, errors };
  const reader = readRawSocket({ ...common, fd });
  const synReader =
    synFd === undefined ? undefined : readRawSocket({ ...common, fd: synFd, mostInATurn: SYNS_IN_A_TURN });
  let open = true;
  // On a link within one machine the answer is there before sendto has returned: no need to wait for the event loop.
  let readDue = false;
  const readSoon = (): void => {
    if (readDue) return;
    readDue = true;
    process.nextTick(() => {
      readDue = false;
      if (open) reader.read();
    });
  };
  return {
    transport: 'libc',
    send(packet) {
      if (!open) return;
      destination.set(destinationOf(family, packet), family === 4 ? 4 : 8);
      try {
        const from = synFd !== undefined && isForStranger(family, packet) ? synFd : fd;
        libc('sendto', from, packet, packet.length, 0, destination, destination.length);
        readSoon();
      } catch (error) {
        errors.emit(
          error instanceof SystemCallError ? new PacketNotSent(packet.slice(), error.code, error) : (error as Error),
        );
      }
    },
    onPacket: (listener) => packets.add(listener),
    onError: (listener) => errors.add(listener),
    poll() {
      reader.read();
    },
    close() {
      if (!open) return;
      open = false;
      reader.close();
      synReader?.close();
      libc('close', fd);
      if (synFd !== undefined) libc('close', synFd);
    },
  };
}

/** For a server, one for all but SYNs and one for SYNs. */
function openSockets(family: Family, options: PortOptions, isServer: boolean): readonly [number, number | undefined] {
  const flow = receivedFlow(options);
  if (!isServer) return [openSocket(family, options, flowFilter(flow)), undefined];
  const [others, syns] = [SERVER_SEND_BYTES, ANSWERS_TO_STRANGERS_BYTES].map((send) => ({
    receive: SERVER_QUEUE_BYTES,
    send,
  }));
  const fd = openSocket(family, options, flowFilter(flow, 'others'), others);
  try {
    return [fd, openSocket(family, options, flowFilter(flow, 'syns'), syns)];
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}

function openSocket(
  family: Family,
  { local, zone, mark }: PortOptions,
  filter: readonly BpfInstruction[],
  queueBytes?: { readonly receive: number; readonly send: number },
): number {
  const { SOCK_RAW, SOCK_NONBLOCK, SOCK_CLOEXEC, IPPROTO_TCP } = linux;
  const fd = libc('socket', domainOf(family), SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  try {
    attachFilter(fd, filter);
    if (queueBytes !== undefined) {
      setReceiveQueue(fd, queueBytes.receive);
      setSendQueue(fd, queueBytes.send);
    }
    if (family === 4) setOption(fd, linux.SOL_IP, linux.IP_HDRINCL, 1);
    else setOption(fd, linux.SOL_IPV6, linux.IPV6_HDRINCL, 1);
    if (family === 4) setOption(fd, ...NO_PATH_MTU);
    if (mark) setOption(fd, linux.SOL_SOCKET, linux.SO_MARK, mark);
    bindToSource(fd, local, zone);
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}
