/** A packet in a line: who to whom, and what. Packetdrill's text for TCP, a few words for the rest. */
import {
  checksumState,
  formatSegment,
  type ChecksumState,
  type IcmpMessage,
  type Icmpv6Message,
  type Packet,
  type SegmentFormat,
} from '../../wire/index.js';
import { endpoint } from '../../wire/flow.js';
import { codeMeaning, icmpName } from './icmp.js';
import { etherTypeName, protocolName } from './names.js';
import { partsOf, protocolOf, type Dissection } from './parts.js';
import { segmentIn } from './segment-in.js';
import { count, hexNumber } from './text.js';

/** The parts of the line; no addresses where the frame has none. */
export interface PacketLine {
  readonly from: string;
  readonly to: string;
  /** Of the protocol; TCP goes without saying. */
  readonly name: string;
  readonly what: string;
}

/** `numbers`: what those of a segment count from. */
export const describePacket = (dissection: Dissection, numbers: SegmentFormat | undefined): PacketLine => {
  const { frame, error, cut } = dissection;
  const found = segmentIn(dissection);
  if (found !== undefined) {
    const { packet, segment, flow } = found;
    const sum = CHECKSUMS[checksumState(packet, segment)];
    const notes = [...(cut === undefined ? [] : ['cut']), ...(sum === undefined ? [] : [sum])];
    return {
      from: endpoint(flow.src, flow.srcPort),
      to: endpoint(flow.dst, flow.dstPort),
      name: '',
      what: [formatSegment(segment, numbers), ...notes.map((note) => `[${note}]`)].join(' '),
    };
  }
  const packet = frame?.packet;
  if (packet !== undefined) return describeOther(packet);
  if (error !== undefined) {
    const ip = partsOf(dissection).flatMap(({ content }) => ('ip' in content ? [content.ip] : []))[0];
    return { from: ip?.src ?? '', to: ip?.dst ?? '', name: '', what: `[${error.message}]` };
  }
  const arp = frame?.arp;
  if (arp !== undefined) {
    const { operation, senderIp, targetIp, senderMac } = arp;
    const ends = { from: senderIp, to: targetIp, name: 'ARP' };
    if (operation === 'reply') return { ...ends, what: `${senderIp} is at ${senderMac}` };
    if (operation === 'request') return { ...ends, what: `who has ${targetIp}?` };
    return { ...ends, what: `operation ${operation}` };
  }
  const link = frame?.link;
  const etherType = link !== undefined && 'etherType' in link ? link.etherType : undefined;
  const name = etherType === undefined ? '' : (etherTypeName(etherType) ?? `EtherType ${hexNumber(etherType, 4)}`);
  const mac = link?.kind === 'ethernet' ? { from: link.src, to: link.dst } : { from: '', to: '' };
  return { ...mac, name, what: count(frame?.payload.length ?? dissection.bytes.length, 'byte') };
};

/** What is worth a word. */
const CHECKSUMS: Partial<Record<ChecksumState, string>> = { bad: 'bad checksum', offload: 'checksum offload' };

const describeOther = (packet: Packet): PacketLine => {
  const { ip, icmp, icmpv6, tcpStart, payload, cut } = packet;
  const ends = { from: ip.src, to: ip.dst };
  const note = cut === undefined ? '' : ' [cut]';
  if (icmp !== undefined) return { ...ends, name: 'ICMP', what: `${messageText(icmp, 4)}${note}` };
  if (icmpv6 !== undefined) return { ...ends, name: 'ICMPv6', what: `${messageText(icmpv6, 6)}${note}` };
  if (tcpStart !== undefined)
    return {
      from: endpoint(ip.src, tcpStart.srcPort),
      to: endpoint(ip.dst, tcpStart.dstPort),
      name: 'TCP',
      what: note.trimStart(),
    };
  const fragment = ip.version === 4 && ip.fragmentOffset > 0 ? `fragment at ${8 * ip.fragmentOffset}, ` : '';
  return { ...ends, name: protocolName(protocolOf(ip)), what: `${fragment}${count(payload.length, 'byte')}${note}` };
};

const messageText = (message: IcmpMessage | Icmpv6Message, version: 4 | 6): string => {
  const code = codeMeaning(message, version);
  const words = [icmpName(message).en, ...(code === undefined ? [] : [code.en])].join(', ');
  switch (message.kind) {
    case 'echoRequest':
    case 'echoReply':
      return `${words} id ${message.id} seq ${message.sequence}`;
    case 'neighborSolicitation':
    case 'neighborAdvertisement':
      return `${words} ${message.target}`;
    case 'unreachable':
    case 'redirect':
    case 'timeExceeded':
    case 'parameterProblem':
    case 'packetTooBig':
    case 'routerSolicitation':
    case 'routerAdvertisement':
    case 'other':
      return message.quoted === undefined ? words : `${words}, about ${quotedText(message.quoted)}`;
  }
};

const quotedText = ({ ip, tcp, tcpStart }: Packet): string => {
  const ports = tcp ?? tcpStart;
  const name = protocolName(protocolOf(ip));
  if (ports === undefined) return `${name} ${ip.src} > ${ip.dst}`;
  return `${name} ${endpoint(ip.src, ports.srcPort)} > ${endpoint(ip.dst, ports.dstPort)}`;
};
