/** A hand-made connection on the network that one stands in: source, filter, port and capture, opened and closed in the right order. */
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect, type ConnectOptions } from '../driver/connect.js';
import type { RawConnection } from '../driver/raw-connection.js';
import { warmUp } from '../driver/warm-up.js';
import type { Feed } from '../evidence/feed.js';
import type { FilterLease } from '../filter/lease.js';
import { DEFAULT_MARK } from '../filter/plan.js';
import { systemClock } from '../linux/libc/clock.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';
import { holdFlow } from '../linux/port/port-hold.js';
import { holdEphemeralPort } from '../linux/port/source-port.js';
import { openPort, type TransportChoice } from '../linux/port/transport.js';
import type { Zone } from '../linux/port/zone.js';
import type { Flow } from '../wire/flow.js';
import { ending, sent } from './ending.js';
import { applyHostFilter, type FilterChoice, type HostFilterOptions } from './filter.js';
import { captureFlow, type FlowCapture } from './flow-capture.js';
import { FlowFeed } from './flow-feed.js';
import { unlessInterrupted } from './interrupted.js';
import { Leases } from '../linux/process/leases.js';
import { onNoLinkLeft } from './link-loss.js';
import { linkTowards, resolveHost, routeTo } from './route.js';
import type { Stream } from './stream.js';

export interface DialOptions extends Pick<ConnectOptions, 'allowHalfOpen' | 'alter' | 'onTrace' | 'signal' | 'tcp'> {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  readonly netns?: NetworkNamespace;
  /** An address of this host, which decides the way too. Default: what the routing table says. */
  readonly source?: string;
  /** The only link that packets take, by its name or number. Default: what the routing table says. socket(7), SO_BINDTODEVICE */
  readonly interfaceName?: string | undefined;
  /** Held from the start to the end, like any other: no program can take it meanwhile. Default: a free one outside the range that the kernel uses. */
  readonly sourcePort?: number;
  /** Default `auto`. */
  readonly filter?: FilterChoice;
  /** SO_MARK of what is sent. Default `DEFAULT_MARK`. */
  readonly mark?: number;
  readonly transport?: TransportChoice;
  /**
   * Is given each packet some 50 ms after it passed, in the order of time, and last of all the RSTs that the filter has dropped, which
   * only its counter tells; ended by `close`.
   */
  readonly feed?: Feed | undefined;
  /** Somebody has removed the filter's rule, and it was put back. */
  readonly onFilterRestored?: (() => void) | undefined;
  /** Told of what stands in the journal of rules and is not to be believed. */
  readonly onLeftAlone?: HostFilterOptions['onLeftAlone'];
}

export interface Dialled {
  readonly flow: Flow;
  /** The only link that its packets take: that of link-local addresses, or the one that was named. */
  readonly zone: Zone | undefined;
  /** The other side is this host. */
  readonly isLocal: boolean;
  readonly connection: RawConnection;
  readonly filter: FilterLease | undefined;
  readonly capture: FlowCapture;
  /**
   * Gives the connection to the kernel, as soon as the handshake is complete, and takes filter and port away at once. The
   * socket is closed by whoever asked for it. Throws as `RawConnection.adopt` does.
   */
  adopt(): Promise<Socket>;
  /**
   * Ends the connection, by RST where it is still open, and waits until its machine has no more to answer: five seconds
   * for another side that has vanished, less than one where `signal` is aborted.
   */
  settle(): Promise<void>;
  /** No way leads to the other side any more. */
  isCutOff(): boolean;
  /** Settles it, then takes the port and last of all the filter away. */
  close(): Promise<void>;
}

/** How long a finished connection still answers a repeated FIN: a kernel repeats its own after some 205 ms. */
const DRAIN_MS = 450;

/** A SYN that nobody answers is given up after 1 + 2 + 4 seconds; a kernel would go on for two minutes. */
const SYN_RETRIES = 2;

/**
 * Sends the SYN before it resolves; await `handshake(dialled.connection)` for what becomes of it.
 * @throws {RawshakeError} RS_USAGE, RS_NO_ROUTE, RS_NO_PORT, RS_PORT_IN_USE, RS_NO_RAW_SOCKET, RS_MISSING_TOOL; RS_INTERRUPTED when
 * `signal` is aborted before
 */
export async function dial(options: DialOptions): Promise<Dialled> {
  try {
    return await dialled(options);
  } catch (error) {
    options.feed?.end();
    throw error;
  }
}

async function dialled(options: DialOptions): Promise<Dialled> {
  const { netns, mark = DEFAULT_MARK, signal } = options;
  const prepared = Promise.all([resolveHost(options.host, options.source), warmUp(systemClock)]);
  const [host] = await unlessInterrupted('connect', prepared, signal);
  const route = routeTo(host, { source: options.source, mark, netns, interfaceName: options.interfaceName });
  const { src, dst, zone, isLocal } = route;
  const ends = { src, dst, dstPort: options.port };
  const hold =
    options.sourcePort === undefined
      ? holdEphemeralPort(src, netns, zone)
      : holdFlow({ ...ends, srcPort: options.sourcePort }, netns, zone);
  const flow: Flow = { ...ends, srcPort: hold.port };
  const leases = new Leases();
  leases.add(hold);
  try {
    const filter = applyHostFilter(options.filter ?? 'auto', { flow, mark }, netns, {
      onRestored: options.onFilterRestored,
      onLeftAlone: options.onLeftAlone,
    });
    if (filter !== undefined) leases.add(filter);
    await unlessInterrupted('connect', nextTurn(), signal); // a signal that came while it was put in force
    const capture = leases.add(captureFlow({ flow, mark, ...(netns !== undefined && { netns }) }));
    const feed = options.feed && new FlowFeed(options.feed, capture);
    const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = flow;
    const port = leases.add(
      openPort(options.transport ?? 'auto', { local, localPort, remote, remotePort, zone, mark }, netns),
    );
    const { allowHalfOpen, alter, tcp } = options;
    const connection = connect({
      port,
      clock: systemClock,
      flow,
      tcp: { timeWaitMs: DRAIN_MS, synRetries: SYN_RETRIES, ...tcp },
      ...(allowHalfOpen !== undefined && { allowHalfOpen }),
      ...(alter !== undefined && { alter }),
      onTrace(entry) {
        capture.hear(entry);
        feed?.hear(entry);
        options.onTrace?.(entry);
      },
      ...(signal !== undefined && { signal }),
    });
    let carrier: Stream = connection;
    leases.defer(onNoLinkLeft({ route, mark, netns }, (error) => carrier.destroy(error)));
    const settle = async (): Promise<void> => {
      if (!connection.destroyed && !(connection.readableEnded && connection.writableFinished))
        connection.resetAndDestroy();
      await ending([connection], signal);
      await sent(port.drained?.(), signal);
    };
    return {
      flow,
      zone,
      isLocal,
      connection,
      filter,
      capture,
      settle,
      isCutOff: () => linkTowards(route, { mark, netns }) === undefined,
      async adopt() {
        feed?.expectAdoption();
        const socket = await connection.adopt();
        filter?.counters(); // read before it is gone
        filter?.close();
        port.close();
        hold.close();
        carrier = socket;
        return socket;
      },
      async close() {
        await settle();
        try {
          feed?.end(filter);
        } finally {
          leases.close();
        }
      },
    };
  } catch (error) {
    leases.close();
    throw error;
  }
}
