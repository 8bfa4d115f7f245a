/** A RST made by hand, at the end of a run: whether it gets out past a rule that is to drop the kernel's alone. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FilterFacts } from '../evidence/filter-evidence.js';
import { type ObservedPacket, sequenceEnd } from '../evidence/packet.js';
import type { PacketPort } from '../driver/ports.js';
import type { Flow } from '../wire/flow.js';
import { emitPacket, seq } from '../wire/index.js';
import type { RuleInForce, RuleWork } from './remedies/remedy.js';

type Counted = Pick<FilterFacts, 'ownResetsSent' | 'refusedSends'>;

/** Where none was sent. */
export const NO_RESET: Counted = { ownResetsSent: 0, refusedSends: 0 };

/** Sends one, and tells what the rules have done in all, with what that has added told apart. */
export async function tryOwnReset(
  inForce: RuleInForce | undefined,
  port: PacketPort,
  flow: Flow,
  packets: readonly ObservedPacket[],
): Promise<Counted & { readonly work: RuleWork | undefined }> {
  // What still waits to be sent leaves first.
  await nextTurn();
  await port.drained?.();
  const before = inForce?.work();
  const sent = await sendOwnReset(port, flow, packets);
  const after = inForce?.work();
  return { ...sent, work: after && before && withOwnReset(after, before) };
}

/**
 * Sends one from `flow.src`, where the numbers of what was sent before lead to: it would end the connection if it were
 * still open. Nobody answers a RST (RFC 9293 §3.10.7.1).
 */
async function sendOwnReset(port: PacketPort, flow: Flow, packets: readonly ObservedPacket[]): Promise<Counted> {
  const { src, dst, srcPort, dstPort } = flow;
  const sent = packets.filter(({ segment, sender }) => sender === 'rawshake' && segment.srcPort === srcPort);
  const last = sent.at(-1)?.segment;
  const next = last === undefined ? seq(0) : sequenceEnd(last);
  let refusedSends = 0;
  const unsubscribe = port.onError(() => {
    refusedSends += 1;
  });
  port.send(
    emitPacket({
      ip: { version: src.includes(':') ? 6 : 4, src, dst },
      tcp: { srcPort, dstPort, flags: 'R', seq: next },
    }),
  );
  await port.drained?.();
  unsubscribe();
  return { ownResetsSent: 1, refusedSends };
}

function withOwnReset(work: RuleWork, before: RuleWork): RuleWork {
  const rules = work.judged?.rules.map(({ rule, packets }, at) => {
    const ownResets = added(packets, before.judged?.rules[at]?.packets);
    return { rule, packets: packets - ownResets, ownResets };
  });
  const ownResets = added(work.packets, before.packets);
  return {
    ...work,
    ...(ownResets > 0 && { ownResets }),
    ...(rules !== undefined && { judged: { ...work.judged, rules } }),
  };
}

/** One was sent; more than that is somebody else's. */
const added = (after: number, before = after): number => Math.min(1, Math.max(0, after - before));
