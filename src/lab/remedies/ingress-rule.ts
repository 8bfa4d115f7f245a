/**
 * Hides what one connection receives from the kernel, which then has nothing to answer: dropped at netdev's ingress hook,
 * behind AF_PACKET sockets of ETH_P_ALL and before all else. nft(8), `netdev` family.
 */
import type { Counters } from '../../filter/applied.js';
import type { Argv } from '../../filter/ports.js';
import type { Flow } from '../../wire/flow.js';
import { LINK } from '../addresses.js';
import type { LabHost } from '../host.js';

const TABLE = 'rawshake-ingress';
const CHAIN = 'ingress';
const PRIORITY = -500;

export interface IngressRule {
  /** What puts it in force, as a person would type it. */
  readonly commands: readonly Argv[];
  /** What it has dropped until now. */
  counters(): Counters;
  /** Idempotent. */
  close(): void;
}

/** `flow` is seen from the host that is to see nothing of it: what it receives comes from `flow.dst`. */
export function ingressCommands({ src, srcPort, dst, dstPort }: Flow, device: string): readonly Argv[] {
  const ip = src.includes(':') ? 'ip6' : 'ip';
  const hook = `{ type filter hook ingress device "${device}" priority ${PRIORITY}; policy accept; }`;
  const from = [ip, 'saddr', dst, 'tcp', 'sport', String(dstPort)];
  const to = [ip, 'daddr', src, 'tcp', 'dport', String(srcPort)];
  return [
    ['nft', 'create', 'table', 'netdev', TABLE],
    ['nft', 'add', 'chain', 'netdev', TABLE, CHAIN, hook],
    ['nft', 'add', 'rule', 'netdev', TABLE, CHAIN, ...from, ...to, 'counter', 'drop', 'comment', `"${TABLE}"`],
  ];
}

/** Puts it in force on the host's link. Throws as `NftSession` does. */
export function applyIngressRule(host: LabHost, flow: Flow): IngressRule {
  const commands = ingressCommands(flow, LINK);
  const session = host.nft();
  const { src, srcPort, dst, dstPort } = flow;
  session.create(
    {
      family: 'netdev',
      name: TABLE,
      chain: CHAIN,
      hook: { hook: 'ingress', priority: PRIORITY, device: LINK },
      rule: {
        flow: { src: dst, srcPort: dstPort, dst: src, dstPort: srcPort },
        resetsOnly: false,
        mark: undefined,
        comment: TABLE,
      },
    },
    { owned: false },
  );
  let open = true;
  return {
    commands,
    counters() {
      const [rule] = session.rules('netdev', TABLE);
      return { packets: rule?.packets ?? 0, bytes: rule?.bytes ?? 0 };
    },
    close() {
      if (!open) return;
      open = false;
      session.deleteTable('netdev', TABLE);
    },
  };
}
