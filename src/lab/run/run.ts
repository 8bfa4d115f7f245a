/** Runs somebody's program on one host of a lab, opposite a real kernel, and records all that can be seen of it. */
import type { Text } from '../../error.js';
import type { EndName, Host } from '../../evidence/host.js';
import { programName, type ProgramRun } from '../../evidence/program-run.js';
import { monotonicNow } from '../../linux/libc/clock.js';
import { type Enclosure, openEnclosure } from '../../linux/namespace/enclosure.js';
import { type CallTrace, openCallTrace } from '../../linux/trace/call-trace.js';
import { openKernelTrace } from '../../linux/trace/kernel-trace.js';
import { SERVER_PORT } from '../addresses.js';
import { type Bench, onBench } from '../bench/bench.js';
import { putInForce } from './cure.js';
import { openOpposite } from './opposite.js';
import { filledIn, outputsOf, type RunOptions, type Whereabouts } from './options.js';
import { type Played, playProgram } from './play.js';
import { quiet } from './quiet.js';
import { rawSocketsOf } from './readers.js';
import { nextId, sentBy, settled } from './sole-program.js';
import { familiesHere, familyOf, labOf, namesIn, programHosts } from './surroundings.js';
import { visit } from './visit.js';
import { askOf } from './witness.js';

/**
 * In a lab of its own; all is gone again when the promise settles, and with it whatever the program has started.
 * @throws {RawshakeError} RS_USAGE where the program is not there, an address is none that a host can have, or a rule is none; where a
 * privilege or tool is missing; RS_INTERRUPTED on abort before the program was started
 */
export async function run(options: RunOptions): Promise<ProgramRun> {
  const { role = 'client', port = SERVER_PORT, peer = 'echo', serverArgv, signal } = options;
  const startedAt = monotonicNow();
  const trace = openKernelTrace();
  const family = familyOf(options);
  const programs = programHosts(options, role);
  try {
    return await onBench(
      { family, trace, programs, ...labOf(options, role), ...(signal !== undefined && { signal }) },
      async (bench) => {
        const inForce = putInForce(bench, programs, port, options);
        const { end, sender, calls } = await play(bench, role, port, options);
        for (const host of ['client', 'server'] as const) bench.sockets(host, 'after');
        const seen = bench.evidence();
        const isInterrupted = signal?.aborted === true;
        const evidence = {
          ...{ ...seen, hosts: seen.hosts.map((host) => withPort(host, options)) },
          systemCalls: calls.calls,
          missing: [...seen.missing, ...calls.missing, ...(isInterrupted ? [CUT_SHORT] : [])],
        };
        return {
          ...{ program: end, role, family, port, remedy: inForce.remedy, rule: inForce.evidence() },
          opposite: serverArgv === undefined ? peer : 'program',
          ...(sender === undefined ? evidence : sentBy(evidence, role, sender)),
          durationMs: monotonicNow() - startedAt,
          ...(isInterrupted && { isInterrupted }),
        };
      },
    );
  } finally {
    trace.close();
  }
}

const CUT_SHORT: Text = {
  en: 'what had not been read when the run was interrupted',
  zh: '运行被中断时尚未读取的部分',
};

/** What of rawshake's listens is told of its host. */
const withPort = (host: Host, { role = 'client', peer, serverArgv, port = SERVER_PORT }: RunOptions): Host =>
  role === 'client' && host.role === 'server' && serverArgv === undefined && peer !== 'closed'
    ? { ...host, listensOn: [port] }
    : host;

/** `sender`: whatever a program has sent from there is this one's. */
interface Ended extends Pick<Played, 'end'> {
  readonly sender: { readonly pid: number; readonly name: string } | undefined;
  readonly calls: ReturnType<CallTrace['read']>;
}

/** As the kernel has it: TASK_COMM_LEN. */
const MOST_NAME = 15;

const NO_CALLS: Ended['calls'] = { calls: [], missing: [] };

/** From the program's start until nothing passes any more. */
async function play(bench: Bench, role: EndName, port: number, options: RunOptions): Promise<Ended> {
  const { lab, leases, family } = bench;
  const where = { client: lab.client.address(family), server: lab.server.address(family), port };
  const enclosureOn = async (host: EndName): Promise<Enclosure> =>
    leases.add(await openEnclosure({ netns: lab[host].netns, hosts: namesIn(lab, options) }));
  const enclosure = await enclosureOn(role);
  await settled(enclosure);
  const before = await nextId(enclosure);
  leases.defer(askOf(bench, role, enclosure.init));
  if (role === 'client') await openServer(bench, port, where, options, enclosureOn);
  const trace = options.calls === true ? leases.add(openCallTrace(enclosure.thread)) : undefined;
  const [rawSockets, pid] = [rawSocketsOf(enclosure.init), enclosure.init];
  const { end, pid: own } = await playProgram(bench, enclosure, filled(options.argv, where), {
    ...options,
    ...(role === 'server' && {
      visit: (isOver: () => boolean) => visit(bench, { family, port, rawSockets, pid, isOver }),
    }),
  });
  await quiet(bench);
  const { calls, missing } = trace?.read() ?? NO_CALLS;
  const isSole = before !== undefined && (await nextId(enclosure)) === before + 2;
  return {
    end,
    sender: isSole ? { pid: own, name: programName(end).slice(0, MOST_NAME) } : undefined,
    calls: { calls: calls.map((call) => ({ ...call, host: role })), missing },
  };
}

async function openServer(
  { lab }: Bench,
  port: number,
  where: Whereabouts,
  { peer = 'echo', serverArgv, output }: RunOptions,
  enclosureOn: (host: EndName) => Promise<Enclosure>,
): Promise<void> {
  if (serverArgv === undefined) return openOpposite(lab.server, familiesHere(), port, peer);
  const enclosure = await enclosureOn('server');
  await enclosure.start(filled(serverArgv, where), { stdio: ['ignore', ...outputsOf(output)] });
}

const filled = ([program, ...words]: readonly [string, ...string[]], where: Whereabouts): [string, ...string[]] => [
  program,
  ...words.map((word) => filledIn(word, where)),
];
