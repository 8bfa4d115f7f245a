/** What neighbours ask and tell one another of link addresses, as frames: ARP, RFC 826; neighbour discovery, RFC 4861 §7.2. */
import {
  emitFrame,
  formatIpv6Address,
  formatMac,
  type Frame,
  parseFrame,
  parseIpv6Address,
  parseMac,
} from '../../wire/index.js';
import { familyOf } from '../libc/sockaddr.js';

/** Who has which link address. */
export interface Station {
  /** An IP address in its canonical form. */
  readonly address: string;
  readonly mac: string;
}

export type NeighbourMessage =
  /** Who has `target`? In duplicate address detection `asker.address` is unspecified: 0.0.0.0 or ::. */
  | { readonly kind: 'question'; readonly target: string; readonly asker: Station }
  | { readonly kind: 'answer'; readonly station: Station };

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const ALL_NODES: Station = { address: 'ff02::1', mac: '33:33:00:00:00:01' };

/** Where an IPv6 address is asked for. RFC 4291 §2.7.1, RFC 2464 §7. */
export function solicitedNode(address: string): Station {
  const low = (parseIpv6Address(address) ?? new Uint8Array(16)).subarray(13);
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...low);
  return { address: formatIpv6Address(group), mac: formatMac(Uint8Array.of(0x33, 0x33, 0xff, ...low)) };
}

/** The question for `target`. */
export function questionFrame(target: string, self: Station): Uint8Array {
  if (familyOf(target) === 4) {
    const arp = { operation: 'request', senderMac: self.mac, senderIp: self.address, targetIp: target } as const;
    return emitFrame({ link: { kind: 'ethernet', src: self.mac, dst: BROADCAST }, arp });
  }
  const group = solicitedNode(target);
  const options = [{ kind: 'sourceLinkLayer', address: self.mac }] as const;
  return neighbourDiscovery(self, group, { kind: 'neighborSolicitation', target, options });
}

/** The answer to whoever asked for `self`. */
export function answerFrame(asker: Station, self: Station): Uint8Array {
  if (familyOf(self.address) === 4) {
    const sender = { senderMac: self.mac, senderIp: self.address };
    const arp = { operation: 'reply', ...sender, targetMac: asker.mac, targetIp: asker.address } as const;
    return emitFrame({ link: { kind: 'ethernet', src: self.mac, dst: asker.mac }, arp });
  }
  const solicited = asker.address !== '::';
  return neighbourDiscovery(self, solicited ? asker : ALL_NODES, {
    kind: 'neighborAdvertisement',
    target: self.address,
    router: false,
    solicited,
    override: true,
    options: [{ kind: 'targetLinkLayer', address: self.mac }],
  });
}

type PacketOf = NonNullable<Parameters<typeof emitFrame>[0]['packet']>;

/** A hop limit of 255 proves that no router passed it on. RFC 4861 §3.1. */
const neighbourDiscovery = (from: Station, to: Station, icmpv6: PacketOf['icmpv6']): Uint8Array =>
  emitFrame({
    link: { kind: 'ethernet', src: from.mac, dst: to.mac },
    packet: { ip: { version: 6, src: from.address, dst: to.address, hopLimit: 255 }, icmpv6 },
  });

/**
 * What a frame asks or tells; undefined where it does neither, or not as RFC 4861 §7.1 wants it, or for a link address that no
 * one station has: what is sent there would reach all of the link, or nobody. RFC 1812 §3.3.2; is_valid_ether_addr()
 */
export function readNeighbourMessage(bytes: Uint8Array): NeighbourMessage | undefined {
  const parsed = parseFrame(bytes, 'ethernet');
  if (!parsed.ok) return undefined;
  const { arp } = parsed.value;
  const message = arp === undefined ? readDiscovery(parsed.value) : readArp(arp);
  return message !== undefined && isUnicast(stationIn(message).mac) ? message : undefined;
}

const stationIn = (message: NeighbourMessage): Station =>
  message.kind === 'question' ? message.asker : message.station;

/** The first bit on the wire is that of groups. IEEE 802-2014 §8.2.2. */
const isUnicast = (mac: string): boolean => {
  const bytes = parseMac(mac) ?? [];
  return ((bytes[0] ?? 1) & 1) === 0 && bytes.some((byte) => byte !== 0);
};

function readArp(arp: NonNullable<Frame['arp']>): NeighbourMessage | undefined {
  const sender = { address: arp.senderIp, mac: arp.senderMac };
  if (arp.operation === 'request') return { kind: 'question', target: arp.targetIp, asker: sender };
  return arp.operation === 'reply' ? { kind: 'answer', station: sender } : undefined;
}

function readDiscovery({ link, packet }: Frame): NeighbourMessage | undefined {
  if (link.kind !== 'ethernet' || packet?.ip.version !== 6 || packet.ip.hopLimit !== 255) return undefined;
  const message = packet.icmpv6;
  if (message?.checksumOk !== true || message.code !== 0) return undefined;
  // The option says it; the frame's own source is as good where it is left out.
  const macIn = (kind: 'sourceLinkLayer' | 'targetLinkLayer', options: readonly { kind: string; address?: string }[]) =>
    options.find((option) => option.kind === kind)?.address ?? link.src;
  if (message.kind === 'neighborSolicitation') {
    const asker = { address: packet.ip.src, mac: macIn('sourceLinkLayer', message.options) };
    return { kind: 'question', target: message.target, asker };
  }
  if (message.kind !== 'neighborAdvertisement') return undefined;
  return { kind: 'answer', station: { address: message.target, mac: macIn('targetLinkLayer', message.options) } };
}
