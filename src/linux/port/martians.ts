/**
 * Packets that this host's kernel would keep from its TCP for what only the host knows: its own addresses and subnets
 * (fib_validate_source; tcp_v4_rcv takes nothing that was sent to a broadcast address). What the bytes alone tell is judged by
 * the driver.
 */
import { networkInterfaces } from 'node:os';
import { Listeners } from '../../driver/listeners.js';
import type { PacketPort, Refused } from '../../driver/ports.js';
import { ipv4Value } from '../../wire/address-cache.js';
import { isLoopback } from '../../wire/address-class.js';
import { u32 } from '../../wire/bytes.js';
import { addressText, sourceOf } from './raw-flow.js';
import type { Family } from '../libc/sockaddr.js';

/** Why a packet is not handed on; undefined where nothing speaks against it. */
export type Objection = (packet: Uint8Array) => string | undefined;

/**
 * Judges by the addresses that the host has now, in the network namespace that the thread is in. `comesFrom`: `link` is a
 * network, from which nothing comes that has an address of this host; `kernel` has looked after that itself.
 */
export function martians(family: Family, comesFrom: 'link' | 'kernel'): Objection {
  const own = new Set<string>();
  const broadcasts = new Set<number>();
  for (const entry of Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])) {
    own.add(entry.address);
    if (entry.family === 'IPv4') addBroadcast(broadcasts, entry.address, entry.netmask);
  }
  return (packet) => {
    if (family === 4 && broadcasts.has(u32(packet, 12))) return "from a subnet's broadcast address";
    if (family === 4 && broadcasts.has(u32(packet, 16))) return "to a subnet's broadcast address";
    if (comesFrom === 'kernel') return undefined;
    const source = addressText(sourceOf(family, packet));
    if (isLoopback(source)) return 'from a loopback address, and not over the loopback';
    return own.has(source) ? 'from an address of this host, and not over the loopback' : undefined;
  };
}

/** A network of one or two addresses has none. RFC 3021. */
function addBroadcast(broadcasts: Set<number>, address: string, netmask: string): void {
  const hostBits = ~ipv4Value('netmask', netmask) >>> 0;
  if (hostBits > 1) broadcasts.add((ipv4Value('address', address) | hostBits) >>> 0);
}

/** `port`, which keeps back what there is an objection to. */
export function withObjection(port: PacketPort, objection: Objection): PacketPort {
  const packets = new Listeners<Uint8Array>();
  const refused = new Listeners<Refused>();
  port.onPacket((packet) => {
    const why = objection(packet);
    if (why === undefined) packets.emit(packet);
    else refused.emit({ packet, why });
  });
  return {
    ...port,
    onPacket: (listener) => packets.add(listener),
    onRefused: (listener) => refused.add(listener),
  };
}
