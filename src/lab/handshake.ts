/** One handshake, made by hand on one side and by a kernel on the other, played on a bench and judged. */
import { judgeOutcome } from '../diagnosis/diagnosis.js';
import type { PacketPort } from '../driver/ports.js';
import { warmUp } from '../driver/warm-up.js';
import type { Evidence } from '../evidence/evidence.js';
import { filterEvidence } from '../evidence/filter-evidence.js';
import { peerResets } from '../evidence/outcome.js';
import { ownedSince } from '../evidence/packet.js';
import { handshakeRecording } from '../evidence/recording.js';
import type { HandshakeRun, RuleEvidence } from '../evidence/run.js';
import { judgeFilter } from '../filter/judge.js';
import { monotonicNow, systemClock } from '../linux/libc/clock.js';
import { noTrace } from '../linux/trace/kernel-trace.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import { LINK } from './addresses.js';
import { Adoption } from './adoption.js';
import { type Bench, onBench } from './bench/bench.js';
import type { BenchOptions } from './bench/bench-options.js';
import { openFlowPort } from './bench/open-endpoint.js';
import { playClient } from './client-role.js';
import type { ShakeOptions } from './hand-made-side.js';
import { NO_RESET, tryOwnReset } from './own-reset.js';
import type { RuleInForce, RuleWork } from './remedies/remedy.js';
import { playServer } from './server-role.js';
import { SocketTables } from './socket-tables.js';
import { quietUntil, until } from './until.js';

export type HandshakeOptions = ShakeOptions & Omit<BenchOptions, 'addresses'>;

/**
 * Runs it in a lab of its own; everything is taken down again when the promise settles.
 * @throws {RawshakeError} where a privilege or tool is missing, on time-out, on abort
 */
export function runHandshake(options: HandshakeOptions): Promise<HandshakeRun> {
  const startedAt = monotonicNow();
  return onBench({ trace: NOT_TRACED, ...options }, async (bench) => {
    const { evidence, ...shaken } = await shakeHands(bench, options);
    return { ...shaken, ...evidence, durationMs: monotonicNow() - startedAt };
  });
}

const NOT_TRACED = noTrace([{ en: 'nobody asked for a trace', zh: '没有要求跟踪' }]);

/** How it went, and all that was seen of it. */
export type Shaken = Omit<HandshakeRun, keyof Evidence | 'durationMs'> & { readonly evidence: Evidence };

/** The handshake, data, and an orderly close, as far as they come about. Throws as `runHandshake`. */
export async function shakeHands(bench: Bench, options: ShakeOptions): Promise<Shaken> {
  const { remedy, role = 'client', data } = options;
  await warmUp(systemClock);
  const flow = flowOf(bench, options);
  const handMade = role === 'client' ? flow : reverseFlow(flow);
  const { inForce, port, setupMs } = prepare(bench, handMade, options);
  bench.begin();
  const tables = new SocketTables(bench, flow);
  const adoption = remedy.adopts === true ? new Adoption(inForce, tables) : undefined;
  const unproven = remedy.unproven === true;
  const wait = unproven ? quietUntil() : until;
  const play = role === 'client' ? playClient : playServer;
  const { client, server } = await play({
    ...{ bench, options, flow, tables, port, adoption },
    until: (what, condition, subscribe) => wait(what, condition, subscribe, bench.signal),
    resetHidden: () => unproven && peerResets(bench.packets(), role).length > 0,
  });

  const counters = { client: bench.counters('client'), server: bench.counters('server') };
  tables.snapshot('after');
  const { work, ...ownReset } = unproven
    ? await tryOwnReset(inForce, port, handMade, bench.packets())
    : { ...NO_RESET, work: inForce?.work() };
  // Nothing more will come: the rule's counter and the ladder are of the same span.
  const evidence = { ...bench.evidence(), counters };
  const { packets, kernel } = evidence;
  const judged =
    work?.judged === undefined
      ? undefined
      : filterEvidence(packets, role, {
          flow: handMade,
          link: LINK,
          viaPacketSocket: port.transport === 'packet',
          ...work.judged,
          ...ownReset,
          ...(bench.hearsAll && {
            kernelResetsMade: kernel.filter(({ event, host }) => event === 'tcp_send_reset' && host === role).length,
          }),
        });
  const adoptedAt = adoption?.done === true ? ownedSince(packets, role) : undefined;
  const seen = {
    role,
    flow: handMade,
    rule: inForce === undefined || work === undefined ? null : ruleEvidence(inForce, work, adoption?.ruleMs),
    ...(adoptedAt !== undefined && { adoptedAt }),
  };
  const dataArrived = server.accepted && server.received === data;
  return {
    ...seen,
    remedy: remedy.id,
    family: bench.family,
    transport: port.transport,
    expected: remedy.expected,
    observed: judgeOutcome(handshakeRecording({ ...seen, ...evidence }, { dataArrived })),
    client,
    server,
    verdict: judged === undefined ? null : judgeFilter(judged),
    ownResetLeft: unproven && judged !== undefined ? judged.ownResetsLeft > 0 : null,
    setupMs,
    evidence,
  };
}

/** From the client to the server; a remedy may want an address that the hand-made side's host does not own. */
function flowOf({ lab, family, flow }: Bench, { remedy, role = 'client', serverPort }: ShakeOptions): Flow {
  const spare = remedy.source?.(lab[role], family);
  return {
    ...flow,
    ...(serverPort !== undefined && { dstPort: serverPort }),
    ...(spare !== undefined && { [role === 'client' ? 'src' : 'dst']: spare }),
  };
}

interface Prepared {
  readonly inForce: RuleInForce | undefined;
  readonly port: PacketPort;
  readonly setupMs: number;
}

/** The remedy in force, and behind it the port: the filter outlives all that could still be answered. */
function prepare({ lab, leases }: Bench, flow: Flow, { remedy, role = 'client', transport }: ShakeOptions): Prepared {
  const host = lab[role];
  const appliedAt = monotonicNow();
  const inForce = remedy.apply(host, flow, leases);
  const openedAt = monotonicNow();
  const port = leases.add(openFlowPort(host, flow, remedy.openPort ?? ((on, where) => on.openPort(transport, where))));
  return { inForce, port, setupMs: (remedy.openPort === undefined ? openedAt : monotonicNow()) - appliedAt };
}

function ruleEvidence(
  { backend, commands }: RuleInForce,
  { drops, packets, ownResets, bytes, each }: RuleWork,
  afterHandshakeMs: number | undefined,
): RuleEvidence {
  return {
    ...{ backend, drops, commands, packets, bytes },
    ...(ownResets !== undefined && { ownResets }),
    ...(each !== undefined && { each }),
    ...(afterHandshakeMs !== undefined && { afterHandshakeMs }),
  };
}
