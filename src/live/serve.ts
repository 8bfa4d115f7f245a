/** A hand-made server on the network that one stands in: one per address, each behind a filter for its port. */
import { networkInterfaces } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RawConnection } from '../driver/raw-connection.js';
import type { ListenOptions } from '../driver/listen-options.js';
import { listen, type RawServer } from '../driver/raw-server.js';
import { warmUp } from '../driver/warm-up.js';
import { about, RawshakeError, type Text } from '../error.js';
import type { FilterLease } from '../filter/lease.js';
import { DEFAULT_MARK } from '../filter/plan.js';
import { systemClock } from '../linux/libc/clock.js';
import { openFlowOwners } from '../linux/netlink/flow-owners.js';
import { interfaceOf } from '../linux/port/interface-of.js';
import { Leases } from '../linux/process/leases.js';
import { onLinkGone } from '../linux/netlink/link-monitor.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';
import { holdPort } from '../linux/port/port-hold.js';
import { openPort, type TransportChoice } from '../linux/port/transport.js';
import { isLinkLocal, linkNamed, nameOfInterface, onLink, sameLink, withZone, type Zone } from '../linux/port/zone.js';
import { endpoint } from '../wire/flow.js';
import { ending, resetting, untilReleased } from './ending.js';
import { applyHostFilter, type FilterChoice, type HostFilterOptions } from './filter.js';
import { unlessInterrupted } from './interrupted.js';
import { type PressureReport, watchPressure } from './pressure-watch.js';
import { type OwnAddress, ownAddress, resolveHost } from './route.js';
import { explainSendFailure } from './send-failure.js';

export interface ServeOptions extends Pick<
  ListenOptions,
  'allowHalfOpen' | 'alter' | 'backlog' | 'maxConnections' | 'onTrace' | 'tcp'
> {
  readonly port: number;
  /** Default: every address of this host but link-local ones, which are named with their link: `fe80::1%eth0`. */
  readonly address?: string;
  /** Only what comes by this link is answered, and by it, by its name or number. Default: any. socket(7), SO_BINDTODEVICE */
  readonly interfaceName?: string | undefined;
  readonly netns?: NetworkNamespace;
  /** Default `auto`. */
  readonly filter?: FilterChoice;
  /** SO_MARK of what is sent. Default `DEFAULT_MARK`. */
  readonly mark?: number;
  /** Default, and what `auto` means: `libc`. */
  readonly transport?: TransportChoice;
  /** Somebody has removed a filter's rule, and it was put back. */
  readonly onFilterRestored?: (() => void) | undefined;
  /** Told of what stands in the journal of rules and is not to be believed. */
  readonly onLeftAlone?: HostFilterOptions['onLeftAlone'];
  /** More comes than can be kept: said at once, and then ever more seldom. */
  readonly onPressure?: (report: PressureReport) => void;
  /** The kernel would not send an answer: said once for each reason. */
  readonly onSendFailure?: (error: Error) => void;
  /** A link is gone by which alone some address is served: nothing more is heard there, though one of that name be made anew. */
  readonly onLinkGone?: (link: string) => void;
  readonly onConnection: (connection: RawConnection) => void;
  /** Aborting it ends what is under way: the set-up at once, `close` within a second. The server itself is ended by `close`. */
  readonly signal?: AbortSignal;
}

export interface Served {
  /** As they are written, a link-local one with its link. */
  readonly addresses: readonly string[];
  readonly filters: readonly FilterLease[];
  /**
   * Answers no more SYNs, resets what is open, waits until the last answer is given, and takes the filters away last. Other
   * sides that have vanished are waited for five seconds, where `signal` is aborted less than one.
   */
  close(): Promise<void>;
}

/** How long a finished connection still answers a repeated FIN: a kernel repeats its own after some 205 ms. */
const DRAIN_MS = 450;

/** What may wait in each connection to be acknowledged, where there can be thousands. */
const SEND_BUFFER_BYTES = 64 * 1024;

/**
 * Answers SYNs when it resolves. The port is held until it is closed: no program can bind it meanwhile, nor is it given to one
 * that connects. What a kernel's socket owns all the same is left to it.
 * @throws {RawshakeError} as `dial`; RS_PORT_IN_USE where a program's socket has the port; RS_INTERRUPTED when `signal` is aborted before
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { netns, port: localPort, mark = DEFAULT_MARK, signal } = options;
  await unlessInterrupted('listen', warmUp(systemClock), signal);
  const addresses = await addressesOf(options);
  const leases = new Leases();
  const servers: RawServer[] = [];
  const filters: FilterLease[] = [];
  const connections = new Set<RawConnection>();
  const watch = watchPressure(systemClock, options.onPressure ?? nothing);
  const told = new Set<string>();
  const tellOnce = (error: Error): void => {
    if (told.has(error.message)) return;
    told.add(error.message);
    options.onSendFailure?.(error);
  };
  try {
    for (const own of addresses) leases.add(holdPort({ ...own, port: localPort }, netns));
    for (const link of onlyLinks(addresses, options))
      leases.defer(onLinkGone(link, () => options.onLinkGone?.(link.name), netns));
    for (const { address, zone } of addresses) {
      const { areOwned: areOwnedByKernel } = leases.add(openFlowOwners(netns, zone));
      const flow = { src: address, srcPort: localPort };
      const filter = applyHostFilter(options.filter ?? 'auto', { flow, mark }, netns, {
        onRestored: options.onFilterRestored,
        onLeftAlone: options.onLeftAlone,
      });
      if (filter !== undefined) filters.push(leases.add(filter));
      await unlessInterrupted('listen', nextTurn(), signal); // a signal that came while it was put in force
      const port = leases.add(openPort(transportOf(options), { local: address, localPort, zone, mark }, netns));
      const { onConnection, tcp, ...rest } = options;
      const drain = { timeWaitMs: DRAIN_MS, ...tcp };
      const common = { ...rest, areOwnedByKernel, sendBufferBytes: SEND_BUFFER_BYTES, tcp: drain };
      const server = listen({ ...common, port, clock: systemClock, address, localPort }, (connection) => {
        untilReleased(connections, connection);
        onConnection(connection);
      });
      watch(server);
      server.on('error', (error) =>
        tellOnce(explainSendFailure(error, answersFrom(endpoint(withZone(address, zone), localPort)))),
      );
      servers.push(server);
    }
  } catch (error) {
    // Some address may have answered already.
    for (const server of servers) {
      server.resetAllConnections();
      server.abandon();
    }
    leases.close();
    throw error;
  }
  return {
    addresses: addresses.map(({ address, zone }) => withZone(address, zone)),
    filters,
    async close() {
      for (const server of servers) server.close();
      const open = [...connections].filter(({ destroyed }) => !destroyed);
      if (await resetting(open, signal)) for (const server of servers) server.resetAllConnections();
      await ending(connections, signal);
      for (const server of servers) server.abandon();
      leases.close();
    },
  };
}

/**
 * A server reads in batches and sends while it reads, which raw-socket does not: under a flood it would take one packet a
 * turn, and answer none.
 */
const transportOf = ({ transport = 'auto' }: ServeOptions): TransportChoice =>
  transport === 'auto' ? 'libc' : transport;

const nothing = (): void => undefined;

/** Those that a socket is bound to: what comes by another is not heard. */
function onlyLinks(addresses: readonly OwnAddress[], { transport, netns }: ServeOptions): Iterable<Zone> {
  const links = addresses.map(
    ({ address, zone }) => zone ?? (transport === 'packet' ? linkOf(address, netns) : undefined),
  );
  return new Map(links.filter((link) => link !== undefined).map((link) => [link.index, link])).values();
}

function linkOf(address: string, netns: NetworkNamespace | undefined): Zone | undefined {
  const index = interfaceOf(address, netns);
  const name = inside(netns, () => nameOfInterface(index));
  return name === undefined ? undefined : { index, name };
}

async function addressesOf({ address, interfaceName, netns }: ServeOptions): Promise<readonly OwnAddress[]> {
  const link = interfaceName === undefined ? undefined : inside(netns, () => linkNamed(interfaceName));
  if (address === undefined) return ownAddresses(netns, link);
  const own = await namedAddress(address, link, netns);
  return [{ ...own, zone: sameLink(address, own.zone, link) }];
}

const inside = <T>(netns: NetworkNamespace | undefined, ask: () => T): T =>
  netns === undefined ? ask() : netns.run(ask);

/** The one that was named, where the kernel takes what is sent to it for this host's. */
async function namedAddress(
  name: string,
  link: Zone | undefined,
  netns: NetworkNamespace | undefined,
): Promise<OwnAddress> {
  const own = ownAddress(onLink(await resolveHost(name), link), netns);
  if (own !== undefined) return own;
  throw new RawshakeError('RS_USAGE', about(name, { en: 'no address of this host', zh: '不是本机的地址' }), {
    hint: {
      en: 'Name one that `ip address` shows, or leave --address out to answer for all of them.',
      zh: '请指定 `ip address` 列出的地址，或省略 --address 以应答本机的所有地址。',
    },
  });
}

const answersFrom = (local: string): Text => ({ en: `answers from ${local}`, zh: `来自 ${local} 的应答` });

/** Link-local ones only of the link that was named. */
function ownAddresses(netns: NetworkNamespace | undefined, link: Zone | undefined): OwnAddress[] {
  const interfaces = Object.entries(inside(netns, networkInterfaces));
  const addresses = interfaces
    .filter(([name]) => link === undefined || name === link.name)
    .flatMap(([, entries]) => (entries ?? []).map(({ address }) => address));
  // An address may stand on two links, or on one with two prefixes.
  const usable = new Set(addresses.filter((address) => link !== undefined || !isLinkLocal(address)));
  if (usable.size > 0) return [...usable].map((address) => ({ address, zone: link }));
  const why = { en: 'this host has none that is up', zh: '本机没有已启用的' };
  throw new RawshakeError('RS_NO_ROUTE', about({ en: 'addresses', zh: '地址' }, why), {
    hint: { en: 'Look at them: ip address', zh: '请查看地址：ip address' },
  });
}
