/** ARP for IPv4 over Ethernet. RFC 826. */
import { formatMac, parseMac } from './address.js';
import { ipv4Text, ipv4Value } from './address-cache.js';
import { put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { badField, badLength, fits, truncated, type WireError } from './error.js';
import { ARP } from './layout.js';
import { err, ok, type Result } from './result.js';

/** What an ARP packet is to be: a field left out is computed, a field given is emitted as it is, even if wrong. */
export interface ArpInit {
  readonly operation: 'request' | 'reply' | number;
  /** Ethernet address of the sender. */
  readonly senderMac: string;
  /** IPv4 address of the sender. */
  readonly senderIp: string;
  /** Ethernet address of the target; zeros where left out. */
  readonly targetMac?: string;
  /** IPv4 address of the target. */
  readonly targetIp: string;
  /** 1 (Ethernet) where left out. */
  readonly hardwareType?: number;
  /** 0x0800 (IPv4) where left out. */
  readonly protocolType?: number;
}

/** An ARP packet as it was seen. */
export type Arp = Required<ArpInit>;

/** The bytes of an ARP packet for IPv4 over Ethernet. */
export const arpBytes = ARP.end;

const operations = { request: 1, reply: 2 } as const;

const macBytes = (field: string, text: string): Uint8Array => {
  const bytes = parseMac(text);
  if (bytes === undefined) throw badField(field, text, 'an Ethernet address such as 02:00:00:00:00:01');
  return bytes;
};

/** Writes an ARP packet at `at`. Throws `WireInputError`. */
export const writeArp = (out: Uint8Array, at: number, init: ArpInit): void => {
  const { operation } = init;
  put16(out, at + ARP.hardwareType, fits('arp.hardwareType', init.hardwareType ?? 1, 16));
  put16(out, at + ARP.protocolType, fits('arp.protocolType', init.protocolType ?? 0x0800, 16));
  out[at + ARP.lengths] = 6;
  out[at + ARP.lengths + 1] = 4;
  put16(
    out,
    at + ARP.operation,
    typeof operation === 'number' ? fits('arp.operation', operation, 16) : operations[operation],
  );
  putBytes(out, at + ARP.senderMac, macBytes('arp.senderMac', init.senderMac));
  put32(out, at + ARP.senderIp, ipv4Value('arp.senderIp', init.senderIp));
  if (init.targetMac !== undefined) putBytes(out, at + ARP.targetMac, macBytes('arp.targetMac', init.targetMac));
  put32(out, at + ARP.targetIp, ipv4Value('arp.targetIp', init.targetIp));
};

/** Reads the ARP packet in `bytes[start, end)`. Address lengths other than Ethernet's and IPv4's are refused. */
export const readArp = (bytes: Uint8Array, start: number, end: number): Result<Arp, WireError> => {
  if (end - start < arpBytes) return err(truncated('arp', start, arpBytes, end - start));
  if (u8(bytes, start + ARP.lengths) !== 6)
    return badLength('arp', start, 'hardware address length', 6, u8(bytes, start + ARP.lengths));
  if (u8(bytes, start + ARP.lengths + 1) !== 4)
    return badLength('arp', start, 'protocol address length', 4, u8(bytes, start + ARP.lengths + 1));
  const operation = u16(bytes, start + ARP.operation);
  return ok({
    hardwareType: u16(bytes, start + ARP.hardwareType),
    protocolType: u16(bytes, start + ARP.protocolType),
    operation: operation === 1 ? 'request' : operation === 2 ? 'reply' : operation,
    senderMac: formatMac(bytes.subarray(start + ARP.senderMac, start + ARP.senderIp)),
    senderIp: ipv4Text(u32(bytes, start + ARP.senderIp)),
    targetMac: formatMac(bytes.subarray(start + ARP.targetMac, start + ARP.targetIp)),
    targetIp: ipv4Text(u32(bytes, start + ARP.targetIp)),
  });
};
