/** One handshake, made by hand on one side and by a kernel on the other, observed from end to end in a lab of its own. */
import { warmUp } from '../driver/warm-up.js';
import { counterDifference } from '../evidence/counters.js';
import { judgeOutcome } from '../evidence/outcome.js';
import type { HandshakeRun, RuleEvidence } from '../evidence/run.js';
import type { HostName } from '../evidence/host.js';
import { DEFAULT_MARK } from '../filter/plan.js';
import { monotonicNow, realtimeOffset, systemClock } from '../linux/clock.js';
import { noTrace } from '../linux/kernel-trace.js';
import { Leases } from '../linux/leases.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import { CLIENT_PORT, SERVER_PORT } from './addresses.js';
import { playClient } from './client-role.js';
import { kernelEvents } from './kernel-evidence.js';
import { createLab, type Lab } from './lab.js';
import type { PortOptions } from '../linux/raw-flow.js';
import type { RuleInForce } from './remedies/remedy.js';
import { observedPacket, senderOf } from './observe-frame.js';
import { playServer } from './server-role.js';
import { SocketTables } from './socket-tables.js';
import type { HandshakeOptions } from './stage.js';

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
  const inForce = remedy.apply(host, handMade, leases);
  const capture = leases.add(host.capture(DEFAULT_MARK));
  const tables = new SocketTables(lab, flow);
  const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = handMade;
  const where: PortOptions = { local, localPort, remote, remotePort, mark: DEFAULT_MARK };
  const port = leases.add(remedy.openPort?.(host, where) ?? host.openPort(options.transport, where));

  const { trace = NOT_TRACED } = options;
  const fromMs = trace.mark();
  const countersBefore = countersOf(lab);
  const play = role === 'client' ? playClient : playServer;
  const { client, server } = await play({ lab, options, flow, tables, capture, leases, port });

  const countersAfter = countersOf(lab);
  tables.snapshot('after');
  const rule = inForce === undefined ? null : ruleEvidence(inForce);
  const frames = capture.frames();
  const packets = frames.flatMap((frame) => observedPacket(frame, role) ?? []);
  const dataArrived = server.accepted && server.received === options.data;
  const offset = realtimeOffset();
  return {
    remedy: remedy.id,
    role,
    family,
    transport: port.transport,
    flow: handMade,
    expected: remedy.expected,
    observed: judgeOutcome(packets, role, dataArrived),
    client,
    server,
    rule,
    packets,
    lookups: tables.lookups,
    kernel: kernelEvents(trace, lab, { fromMs, packets }),
    kernelMissing: trace.missing,
    sockets: tables.snapshots,
    counters: {
      client: counterDifference(countersBefore.client, countersAfter.client),
      server: counterDifference(countersBefore.server, countersAfter.server),
    },
    frames: frames.map((frame) => ({ epochMs: frame.at + offset, bytes: frame.bytes, ...senderOf(frame, role) })),
  };
}

const countersOf = ({ client, server }: Lab) => ({ client: client.counters(), server: server.counters() });

const NOT_TRACED = noTrace([{ en: 'nobody asked for a trace', zh: '没有要求跟踪' }]);

function ruleEvidence(rule: RuleInForce): RuleEvidence {
  const { backend, drops, commands } = rule;
  return { backend, drops, commands, ...rule.counters() };
}
