/** Link types: their numbers in capture files, and which one bytes without a file begin with. */
import { EtherType, parseFrame, parsePacket, type LinkType } from '../wire/index.js';

/** The number by which a capture file says what its packets begin with. LINKTYPE_ values, tcpdump.org. */
export const LinkTypeNumber: Readonly<Record<LinkType, number>> = {
  null: 0,
  ethernet: 1,
  raw: 101,
  sll: 113,
  sll2: 276,
};

const beginsLikeEthernet = (bytes: Uint8Array): boolean => {
  const etherType = ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0);
  return Object.values(EtherType).some((known) => known === etherType);
};

/** Whether bytes are a whole IP packet, its checksum and all: then they are nothing else. */
const isSoundPacket = (bytes: Uint8Array): boolean => {
  const packet = parsePacket(bytes);
  return packet.ok && (packet.value.ip.version === 6 ? packet.value.trailer.length === 0 : packet.value.ip.checksumOk);
};

/** What bytes that nobody describes begin with: an IP header, or else Ethernet's where that makes sense of them. */
export const guessLinkType = (bytes: Uint8Array): LinkType => {
  if (!beginsLikeEthernet(bytes) || isSoundPacket(bytes)) return 'raw';
  const options = { mayBeCut: true };
  return parseFrame(bytes, 'ethernet', options).ok || !parsePacket(bytes, options).ok ? 'ethernet' : 'raw';
};
