/** Zones of link-local addresses: each link has an fe80::1 of its own, and `fe80::1%eth0` says which is meant. RFC 4007. */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { about, RawshakeError, type Text } from '../../error.js';
import type { Flow } from '../../wire/flow.js';
import { IF_NAMESIZE } from '../libc/constants.js';
import { libc } from '../libc/libc.js';

/** A link of this host: that of link-local addresses, or the only one that packets are to take. */
export interface Zone {
  /** Of the interface. */
  readonly name: string;
  /** Of the interface: sin6_scope_id. */
  readonly index: number;
}

/**
 * The link of that name, or number, in the network namespace that the thread is in.
 * @throws {RawshakeError} RS_USAGE where there is none
 */
export function linkNamed(text: string): Zone {
  const named = zoneNamed(text);
  if (named !== undefined) return named;
  throw new RawshakeError('RS_USAGE', about({ en: `interface ${text}`, zh: `接口 ${text}` }, NONE_OF_THAT_NAME), {
    hint: { en: 'Name one that `ip link` shows.', zh: '请指定 `ip link` 列出的接口。' },
  });
}

/** An address, and its zone as it was written: the name or the number of an interface. */
export interface ZonedAddress {
  readonly address: string;
  readonly zone?: string;
}

/** `fe80::1%eth0` in its two parts; all else as it is. RFC 4007 §11. */
export function splitZone(text: string): ZonedAddress {
  const at = text.indexOf('%');
  const address = text.slice(0, at);
  return at > 0 && isIPv6(address) ? { address, zone: text.slice(at + 1) } : { address: text };
}

/** fe80::/10. RFC 4291 §2.5.6. */
export const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);

/** A link-local address whose zone was left out is on the link that was named. */
export const onLink = (named: ZonedAddress, link: Zone | undefined): ZonedAddress =>
  link !== undefined && isLinkLocal(named.address) ? { zone: link.name, ...named } : named;

/**
 * The link of an address: its zone, or the one that was named.
 * @throws {RawshakeError} RS_USAGE where both are there, and differ
 */
export function sameLink(address: string, zone: Zone | undefined, link: Zone | undefined): Zone | undefined {
  if (zone === undefined || link === undefined || zone.index === link.index) return zone ?? link;
  const message = {
    en: `${address} is on ${zone.name}, and not on ${link.name}`,
    zh: `${address} 在 ${zone.name} 上，而不在 ${link.name} 上`,
  };
  throw new RawshakeError('RS_USAGE', message, {
    hint: { en: 'Name the link once.', zh: '请只指定一次接口。' },
  });
}

/** As it is written with its zone, where it has one. */
export const withZone = (address: string, zone: Zone | undefined): string =>
  zone !== undefined && isLinkLocal(address) ? `${address}%${zone.name}` : address;

/** The same of both ends of a flow, for people. */
export const zonedFlow = (flow: Flow, zone: Zone | undefined): Flow => ({
  ...flow,
  src: withZone(flow.src, zone),
  dst: withZone(flow.dst, zone),
});

/**
 * The link that an address is on, in the network namespace that the thread is in; undefined where the address says nothing
 * of it. Where no zone was written, the only one that there is. `isOwn`: only links that have the address.
 * @throws {RawshakeError} RS_USAGE where there is no such zone, or one has to be chosen
 */
export function zoneOf({ address, zone }: ZonedAddress, isOwn: boolean): Zone | undefined {
  if (!isLinkLocal(address)) {
    if (zone === undefined) return undefined;
    throw new RawshakeError('RS_USAGE', about(`${address}%${zone}`, NO_ZONE), {
      hint: { en: `Leave it out: ${address}`, zh: `请去掉它：${address}` },
    });
  }
  if (zone !== undefined) {
    const named = zoneNamed(zone);
    if (named !== undefined) return named;
    const why = { en: `no interface ${zone} on this host`, zh: `本机没有接口 ${zone}` };
    throw new RawshakeError('RS_USAGE', about(`${address}%${zone}`, why), {
      hint: chooseOf(address, linkLocalZones()),
    });
  }
  const zones = linkLocalZones(isOwn ? address : undefined);
  const [only] = zones;
  if (only !== undefined && zones.length === 1) return only;
  throw new RawshakeError('RS_USAGE', about(address, only === undefined ? OUT_OF_REACH : SEVERAL_LINKS), {
    hint: chooseOf(address, zones),
  });
}

const NONE_OF_THAT_NAME: Text = { en: 'this host has none of that name', zh: '本机没有叫这个名字的接口' };
const NO_ZONE: Text = { en: 'only a link-local address has a zone', zh: '只有链路本地地址才有区域' };
const OUT_OF_REACH: Text = {
  en: 'a link-local address without its zone, and no link of this host has it in reach',
  zh: '链路本地地址没有带区域，而本机没有能到达它的接口',
};
const SEVERAL_LINKS: Text = {
  en: 'a link-local address without its zone, and several links may lead there',
  zh: '链路本地地址没有带区域，而通往那里的接口可能有多个',
};

function chooseOf(address: string, zones: readonly Zone[]): Text {
  if (zones.length === 0) return { en: 'Look at the links: ip -6 address', zh: '请查看接口：ip -6 address' };
  const choices = zones.map((zone) => withZone(address, zone)).join(', ');
  return { en: `Say which link: ${choices}`, zh: `请指明接口：${choices}` };
}

function zoneNamed(text: string): Zone | undefined {
  const index = libc('if_nametoindex', text);
  if (index !== 0) return { name: text, index };
  const name = /^\d{1,10}$/.test(text) ? nameOfInterface(Number(text)) : undefined;
  return name === undefined ? undefined : { name, index: Number(text) };
}

/** undefined where there is none, in the network namespace that the thread is in. */
export function nameOfInterface(index: number): string | undefined {
  const name = new Uint8Array(new ArrayBuffer(IF_NAMESIZE));
  if (libc('if_indextoname', index, name) === 0) return undefined;
  return Buffer.from(name.subarray(0, name.indexOf(0))).toString();
}

/** The links that are up and have a link-local address, or just this one. */
function linkLocalZones(address?: string): Zone[] {
  const zones = new Map<string, Zone>();
  for (const [name, entries] of Object.entries(networkInterfaces()))
    for (const entry of entries ?? [])
      if (entry.family === 'IPv6' && isLinkLocal(entry.address) && (address ?? entry.address) === entry.address)
        zones.set(name, { name, index: entry.scopeid });
  return [...zones.values()];
}
