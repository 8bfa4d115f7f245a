/** Addresses and ports as ranges of numbers, as rules write them. */
import { parseAddress } from '../wire/address.js';
import type { Range } from './judged-rule.js';

/** Those of IPv6 lie above all of IPv4. */
const numberOf = (bytes: Uint8Array): bigint =>
  bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), bytes.length === 4 ? 0n : 1n);

/** An address as a number; undefined where the text is none. */
export function addressNumber(text: string): bigint | undefined {
  const bytes = parseAddress(text);
  return bytes && numberOf(bytes);
}

/** `192.0.2.1`, `192.0.2.0/24`, `192.0.2.0/255.255.255.0`, `192.0.2.1-192.0.2.9`. */
export function addressRange(text: string): Range | undefined {
  const [first = '', last] = text.split('-');
  if (last !== undefined) return between(addressNumber(first), addressNumber(last));
  const [address = '', prefix] = text.split('/');
  const bytes = parseAddress(address);
  if (bytes === undefined) return undefined;
  const bits = 8 * bytes.length;
  const length = prefix === undefined ? bits : prefixLength(prefix, bits);
  if (length === undefined) return undefined;
  const rest = (1n << BigInt(bits - length)) - 1n;
  const low = numberOf(bytes) & ~rest;
  return [low, low | rest];
}

function prefixLength(text: string, bits: number): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= bits ? Number(text) : undefined;
  const bytes = parseAddress(text);
  const mask = bytes && Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return mask !== undefined && /^1*0*$/.test(mask) ? mask.replaceAll('0', '').length : undefined;
}

/** `80`, or with `separator` between its ends `1024:2048`. */
export function portRange(text: string, separator: ':' | '-'): Range | undefined {
  const [low = '', high = low] = text.split(separator);
  return between(portNumber(low === '' ? '0' : low), portNumber(high === '' ? '65535' : high));
}

const portNumber = (text: string): bigint | undefined => (/^\d{1,5}$/.test(text) ? BigInt(text) : undefined);

const between = (low: bigint | undefined, high: bigint | undefined): Range | undefined =>
  low === undefined || high === undefined ? undefined : [low, high];

/** Whether it is one address or port alone. */
export const isOne = (ranges: readonly Range[] | undefined): boolean =>
  ranges?.length === 1 && ranges[0]?.[0] === ranges[0]?.[1];
