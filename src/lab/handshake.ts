/** One handshake, made by hand on one side and by a kernel on the other, observed from end to end in a lab of its own. */
import { warmUp } from '../driver/warm-up.js';
import { counterDifference } from '../evidence/counters.js';
import { filterEvidence } from '../evidence/filter-evidence.js';
import { peerResets } from '../evidence/outcome.js';
import { handshakeRecording } from '../evidence/recording.js';
import { judgeOutcome } from '../diagnosis/diagnosis.js';
import type { HandshakeRun, RuleEvidence } from '../evidence/run.js';
import type { Feed } from '../evidence/feed.js';
import type { KernelEvent } from '../evidence/kernel-event.js';
import type { HostName } from '../evidence/host.js';
import { ownedSince } from '../evidence/packet.js';
import { judgeFilter } from '../filter/judge.js';
import { DEFAULT_MARK } from '../filter/plan.js';
import { monotonicNow, realtimeOffset, systemClock } from '../linux/libc/clock.js';
import type { Capture } from '../linux/capture/capture.js';
import { noTrace } from '../linux/trace/kernel-trace.js';
import { Leases } from '../linux/process/leases.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import { Adoption } from './adoption.js';
import { CLIENT_PORT, LINK, SERVER_PORT } from './addresses.js';
import { playClient } from './client-role.js';
import { kernelEvents } from './kernel-evidence.js';
import { createLab, type Lab } from './lab.js';
import { LabFeed, type LabFeedSources } from './lab-feed.js';
import type { PortOptions } from '../linux/port/raw-flow.js';
import type { RuleInForce, RuleWork } from './remedies/remedy.js';
import { observedPacket, senderOf } from './observe-frame.js';
import { NO_RESET, sendOwnReset, withOwnReset, workBefore } from './own-reset.js';
import { playServer } from './server-role.js';
import { SocketTables } from './socket-tables.js';
import type { HandshakeOptions } from './stage.js';
import { quietUntil, until } from './until.js';

/**
 * Runs it; everything is taken down again when the promise settles.
 * @throws {RawshakeError} where a privilege or tool is missing, on time-out, on abort
 */
export async function runHandshake(options: HandshakeOptions): Promise<HandshakeRun> {
  const startedAt = monotonicNow();
  const leases = new Leases();
  await warmUp(systemClock);
  try {
    const run = await observe(leases.add(createLab()), options, leases);
    return { ...run, durationMs: monotonicNow() - startedAt };
  } finally {
    leases.close();
    options.feed?.end();
  }
}

/** Opens everything in the order in which it is to be closed from the end: the filter outlives all that could still be answered. */
async function observe(lab: Lab, options: HandshakeOptions, leases: Leases): Promise<Omit<HandshakeRun, 'durationMs'>> {
  const { remedy, family, role = 'client' } = options;
  const host = lab[role];
  const addressOf = (name: HostName): string =>
    (name === role ? remedy.source?.(host, family) : undefined) ?? lab[name].address(family);
  const flow: Flow = {
    src: addressOf('client'),
    srcPort: CLIENT_PORT,
    dst: addressOf('server'),
    dstPort: options.serverPort ?? SERVER_PORT,
  };
  const handMade = role === 'client' ? flow : reverseFlow(flow);
  const appliedAt = monotonicNow();
  const inForce = remedy.apply(host, handMade, leases);
  let setupMs = monotonicNow() - appliedAt;
  const capture = leases.add(host.capture(DEFAULT_MARK));
  const tables = new SocketTables(lab, flow);
  const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = handMade;
  const where: PortOptions = { local, localPort, remote, remotePort, mark: DEFAULT_MARK };
  const openedAt = monotonicNow();
  const port = leases.add(remedy.openPort?.(host, where) ?? host.openPort(options.transport, where));
  if (remedy.openPort !== undefined) setupMs += monotonicNow() - openedAt;

  const { trace = NOT_TRACED } = options;
  const fromMs = trace.mark();
  const feed = options.feed && feedFrom(options.feed, { lab, trace, fromMs, lookups: tables.lookups }, capture, role);
  if (feed !== undefined) leases.defer(() => feed.end());
  const countersBefore = countersOf(lab);
  const adoption = remedy.adopts === true ? new Adoption(inForce, tables) : undefined;
  const unproven = remedy.unproven === true;
  const play = role === 'client' ? playClient : playServer;
  const observedPackets = () => capture.frames().flatMap((frame) => observedPacket(frame, role) ?? []);
  const { client, server } = await play({
    ...{ lab, options, flow, tables, capture, adoption, leases, port },
    until: unproven ? quietUntil() : until,
    resetHidden: () => unproven && peerResets(observedPackets(), role).length > 0,
  });

  const countersAfter = countersOf(lab);
  tables.snapshot('after');
  const before = unproven ? await workBefore(inForce, port) : undefined;
  const ownReset = unproven ? await sendOwnReset(port, handMade, observedPackets()) : NO_RESET;
  // Nothing more will come: counter and ladder are of the same span.
  const worked = inForce?.work();
  const work = worked === undefined || before === undefined ? worked : withOwnReset(worked, before);
  const packets = observedPackets();
  const rule = inForce === undefined || work === undefined ? null : ruleEvidence(inForce, work, adoption?.ruleMs);
  const adoptedAt = adoption?.done === true ? ownedSince(packets, role) : undefined;
  const kernel = kernelEvents(trace, lab, { fromMs, packets });
  feed?.end();
  const evidence =
    work?.judged === undefined
      ? undefined
      : filterEvidence(packets, role, {
          flow: handMade,
          link: LINK,
          viaPacketSocket: port.transport === 'packet',
          ...work.judged,
          ...ownReset,
          ...(trace.running && !trace.lostSince(fromMs) && { kernelResetsMade: kernel.filter(isResetBy(role)).length }),
        });
  const dataArrived = server.accepted && server.received === options.data;
  const seen = {
    role,
    flow: handMade,
    packets,
    lookups: tables.lookups,
    kernel,
    rule,
    ...(adoptedAt !== undefined && { adoptedAt }),
  };
  const offset = realtimeOffset();
  return {
    remedy: remedy.id,
    ...seen,
    family,
    transport: port.transport,
    expected: remedy.expected,
    observed: judgeOutcome(handshakeRecording(seen, { dataArrived })),
    client,
    server,
    verdict: evidence === undefined ? null : judgeFilter(evidence),
    ownResetLeft: unproven && evidence !== undefined ? evidence.ownResetsLeft > 0 : null,
    setupMs,
    kernelMissing: trace.missing,
    sockets: tables.snapshots,
    counters: {
      client: counterDifference(countersBefore.client, countersAfter.client),
      server: counterDifference(countersBefore.server, countersAfter.server),
    },
    frames: capture
      .frames()
      .map((frame) => ({ epochMs: frame.at + offset, bytes: frame.bytes, ...senderOf(frame, role) })),
  };
}

const feedFrom = (
  feed: Feed,
  sources: Omit<LabFeedSources, 'onPacket' | 'readPackets'>,
  capture: Capture,
  role: HostName,
): LabFeed =>
  new LabFeed(feed, {
    ...sources,
    onPacket: (listener) =>
      capture.onFrame((frame) => {
        const packet = observedPacket(frame, role);
        if (packet !== undefined) listener(packet);
      }),
    readPackets: () => {
      capture.read();
    },
  });

const countersOf = ({ client, server }: Lab) => ({ client: client.counters(), server: server.counters() });

const isResetBy =
  (role: HostName) =>
  ({ event, host }: KernelEvent): boolean =>
    event === 'tcp_send_reset' && host === role;

const NOT_TRACED = noTrace([{ en: 'nobody asked for a trace', zh: '没有要求跟踪' }]);

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
