/**
 * Asks the kernel of many four-tuples at once whether a socket owns them: the exact look-up of sock_diag, which is the one that it
 * does for a packet. All in one message and one read, which is ten times as fast as one after the other. inet_diag.c.
 */
import { constants } from 'node:os';
import type { AreOwnedByKernel } from '../../driver/ports.js';
import type { Flow } from '../../wire/flow.js';
import * as linux from '../libc/constants.js';
import { interfaceOf } from '../port/interface-of.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { MessageBatch } from '../libc/message-batch.js';
import { HEADER_BYTES, viewOf } from './messages.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { DIAG_REQUEST_BYTES, diagRequest } from './sock-diag-messages.js';
import { domainOf, familyOf } from '../libc/sockaddr.js';
import { setOption } from '../libc/socket.js';
import type { Zone } from '../port/zone.js';

export interface FlowOwners {
  readonly areOwned: AreOwnedByKernel;
  /** Idempotent. */
  close(): void;
}

/** Their answers fit into any socket's queue. */
const MOST_AT_ONCE = 32;
/** Of an answer no more is looked at than its header and, in an error, the errno. */
const ANSWER_BYTES = HEADER_BYTES + 4;

/** Opens the question line, in `netns` where given; `zone`: the link of the flows, where they are link-local. */
export function openFlowOwners(netns?: NetworkNamespace, zone?: Zone): FlowOwners {
  let line: number | undefined = netns === undefined ? openLine() : netns.run(openLine);
  const requests = new Uint8Array(new ArrayBuffer(DIAG_REQUEST_BYTES * MOST_AT_ONCE));
  const answers = new MessageBatch(MOST_AT_ONCE, ANSWER_BYTES, 0);
  let sequence = 0;
  /** Of each own address. A socket that is bound to an interface owns only what comes by that. */
  const interfaces = new Map<string, number>();
  const interfaceAt = (address: string): number => {
    const index = zone?.index ?? interfaces.get(address) ?? interfaceOf(address, netns);
    interfaces.set(address, index);
    return index;
  };

  const ask = (fd: number, flows: readonly Flow[], owned: boolean[]): void => {
    const first = sequence;
    sequence = (first + flows.length) >>> 0;
    flows.forEach((flow, i) => {
      requests.set(requestFor(flow, interfaceAt(flow.src), (first + i) >>> 0), DIAG_REQUEST_BYTES * i);
    });
    libc('send', fd, requests, DIAG_REQUEST_BYTES * flows.length, 0);
    // The kernel has answered before send() returns. What is left of an earlier question has another number.
    for (let left = flows.length; left > 0;) {
      const batch = answers.receive(fd, left);
      if (batch.length === 0) return;
      for (const { data } of batch) {
        const answer = viewOf(data);
        const i = (answer.getUint32(8, true) - first) >>> 0;
        if (i >= flows.length) continue;
        owned[i] = !isNobodys(answer);
        left -= 1;
      }
    }
  };

  return {
    areOwned(flows) {
      const owned: boolean[] = [];
      for (let at = 0; at < flows.length; at += MOST_AT_ONCE) {
        const some = flows.slice(at, at + MOST_AT_ONCE);
        const theirs = some.map(() => true);
        try {
          if (line !== undefined) ask(line, some, theirs);
        } catch (error) {
          if (!(error instanceof SystemCallError)) throw error;
        }
        owned.push(...theirs);
      }
      return owned;
    },
    close() {
      if (line !== undefined) libc('close', line);
      line = undefined;
    },
  };
}

/** Connected to the kernel, so that nobody else can answer; the answers do not repeat the request. netlink(7). */
function openLine(): number {
  const type = linux.SOCK_RAW | linux.SOCK_CLOEXEC;
  const fd = libc('socket', linux.AF_NETLINK, type, linux.NETLINK_SOCK_DIAG);
  try {
    const kernel = Uint32Array.of(linux.AF_NETLINK, 0, 0); // struct sockaddr_nl: family, port, groups
    libc('connect', fd, kernel, kernel.byteLength);
    setOption(fd, linux.SOL_NETLINK, linux.NETLINK_CAP_ACK, 1);
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}

function requestFor(flow: Flow, interfaceIndex: number, sequence: number): Uint8Array {
  const domain = domainOf(familyOf(flow.src));
  const request = diagRequest({ domain, flags: linux.NLM_F_REQUEST, states: 0xffffffff, flow, interfaceIndex });
  viewOf(request).setUint32(8, sequence, true);
  return request;
}

/** Only "no such socket" is that: a socket, or any other error, is not. */
const isNobodys = (answer: DataView): boolean =>
  answer.byteLength >= ANSWER_BYTES &&
  answer.getUint16(4, true) === linux.NLMSG_ERROR &&
  answer.getInt32(HEADER_BYTES, true) === -constants.errno.ENOENT;
