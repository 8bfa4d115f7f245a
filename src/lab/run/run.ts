/** Runs somebody's program on one host of a lab, opposite a real kernel, and records all that can be seen of it. */
import { monotonicNow } from '../../linux/libc/clock.js';
import { type Enclosure, openEnclosure } from '../../linux/namespace/enclosure.js';
import { hasIpv6 } from '../../linux/namespace/ipv6.js';
import { openKernelTrace } from '../../linux/trace/kernel-trace.js';
import type { EndName } from '../../evidence/host.js';
import type { ProgramRun } from '../../evidence/program-run.js';
import { addressVersion } from '../../wire/address.js';
import { type Family, SERVER_PORT } from '../addresses.js';
import { type Bench, onBench } from '../bench/bench.js';
import type { LabOptions } from '../lab.js';
import { putInForce } from './cure.js';
import { openOpposite } from './opposite.js';
import { filledIn, type RunOptions, type Whereabouts } from './options.js';
import { playProgram } from './play.js';
import { quiet } from './quiet.js';
import { rawSocketsOf, visit } from './visit.js';
import { askOf } from './witness.js';

/**
 * In a lab of its own; all is gone again when the promise settles, and with it whatever the program has started.
 * @throws {RawshakeError} RS_USAGE where the program is not there, an address is none that a host can have, or a rule is none; where a
 * privilege or tool is missing; RS_INTERRUPTED on abort
 */
export async function run(options: RunOptions): Promise<ProgramRun> {
  const { role = 'client', port = SERVER_PORT, signal } = options;
  const startedAt = monotonicNow();
  const trace = openKernelTrace();
  const family = familyOf(options);
  try {
    return await onBench(
      { family, trace, programs: role, ...labOf(options, role), ...(signal !== undefined && { signal }) },
      async (bench) => {
        const inForce = putInForce(bench, role, port, options);
        const program = await play(bench, role, port, options);
        await quiet(bench);
        for (const host of ['client', 'server'] as const) bench.sockets(host, 'after');
        return {
          ...{ program, role, family, port, remedy: inForce.remedy, rule: inForce.evidence() },
          opposite: options.serverArgv === undefined ? (options.peer ?? 'echo') : 'program',
          ...bench.evidence(),
          durationMs: monotonicNow() - startedAt,
        };
      },
    );
  } finally {
    trace.close();
  }
}

/** What is given says it, or else it is IPv4. */
const familyOf = ({ family, serverAddress = '', clientAddress = '' }: RunOptions): Family =>
  family ?? addressVersion(serverAddress) ?? addressVersion(clientAddress) ?? 4;

function labOf({ clientAddress, serverAddress, interfaceName }: RunOptions, role: EndName): Omit<LabOptions, 'link'> {
  return {
    addressing: 'any',
    addresses: { client: addressesOf(clientAddress), server: addressesOf(serverAddress) },
    ...(interfaceName !== undefined && { linkNames: { [role]: interfaceName } }),
  };
}

/** A server's address that is given is the one that its names stand for. */
const namedFamilies = ({ serverAddress = '' }: RunOptions, all: readonly Family[]): readonly Family[] => {
  const version = addressVersion(serverAddress);
  return version === undefined ? all : [version];
};

/** What is no address is refused as one of IPv4. */
const addressesOf = (address: string | undefined): { readonly 4?: string; readonly 6?: string } =>
  address === undefined ? {} : { [addressVersion(address) ?? 4]: address };

/** From the program's start to its end, with what stands opposite. */
async function play(bench: Bench, role: EndName, port: number, options: RunOptions): Promise<ProgramRun['program']> {
  const { lab, leases } = bench;
  const { peer = 'echo', serverArgv, names = [] } = options;
  const families: readonly Family[] = hasIpv6() ? [4, 6] : [4];
  const where: Whereabouts = {
    client: lab.client.address(bench.family),
    server: lab.server.address(bench.family),
    port,
  };
  const enclosureOn = async (host: EndName): Promise<Enclosure> =>
    leases.add(
      await openEnclosure({
        netns: lab[host].netns,
        hosts: namedFamilies(options, families).flatMap((family) =>
          names.map((name) => ({ name, address: lab.server.address(family) })),
        ),
      }),
    );
  const enclosure = await enclosureOn(role);
  leases.defer(askOf(bench, role));
  if (role === 'client') {
    if (serverArgv === undefined) await openOpposite(lab.server, families, port, peer);
    else
      await (await enclosureOn('server')).start(filled(serverArgv, where), { stdio: ['ignore', 'inherit', 'inherit'] });
  }
  const rawSockets = rawSocketsOf(enclosure.init);
  return playProgram(bench, enclosure, filled(options.argv, where), {
    ...options,
    ...(role === 'server' && {
      visit: (isOver: () => boolean) =>
        visit(bench, { family: bench.family, port, rawSockets, pid: enclosure.init, isOver }),
    }),
  });
}

const filled = ([program, ...words]: readonly [string, ...string[]], where: Whereabouts): [string, ...string[]] => [
  program,
  ...words.map((word) => filledIn(word, where)),
];
