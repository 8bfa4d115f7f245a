/** Whether a checksum is right, and if not, what it should be. */
import type { Text } from '../../error.js';
import { checksum, checksumState, updateChecksum, type Packet } from '../../wire/index.js';
import { isFragment, pseudoSumOf } from '../../wire/tcp-checksum.js';
import { type Field, fieldAt } from './field.js';
import { hexNumber, text } from './text.js';

/** What is said of a checksum. `ok` is left out where it cannot be judged. */
export interface ChecksumVerdict {
  readonly ok?: boolean;
  readonly meaning: Text;
}

/** What the checksum of `bytes[start, end)` should be, where it says `seen`. */
const rightOf = (bytes: Uint8Array, start: number, end: number, initial: number, seen: number): number =>
  updateChecksum(checksum(bytes, start, end, initial), seen, 0);

const wrong = (right: number): Text =>
  text(`WRONG: it should be ${hexNumber(right, 4)}`, `错误：应为 ${hexNumber(right, 4)}`);

/** Of the IPv4 header in `bytes`. */
export const headerVerdict = (
  bytes: Uint8Array,
  seen: { readonly checksum: number; readonly checksumOk: boolean },
): ChecksumVerdict =>
  seen.checksumOk
    ? { ok: true, meaning: text('correct: the sum over this header', '正确：对本首部求和') }
    : { ok: false, meaning: wrong(rightOf(bytes, 0, bytes.length, 0, seen.checksum)) };

const over = {
  tcp: text(
    'correct: the sum over addresses, protocol, length (the pseudo header), TCP header and data',
    '正确：对地址、协议、长度（伪首部）以及 TCP 首部和数据求和',
  ),
  icmp: text('correct: the sum over the whole message', '正确：对整个报文求和'),
  icmpv6: text('correct: the sum over the pseudo header and the whole message', '正确：对伪首部和整个报文求和'),
} as const;

/** Of a layer behind the IP header. `offset`: where it starts within the packet. */
export const layerVerdict = (
  packet: Packet,
  layer: 'tcp' | 'icmp' | 'icmpv6',
  seen: { readonly checksum: number; readonly checksumOk: boolean },
  offset: number,
): ChecksumVerdict => {
  if (packet.cut !== undefined)
    return { meaning: text('cannot be checked: bytes of the packet are missing', '无法检验：数据包缺少字节') };
  if (isFragment(packet)) return { meaning: text('cannot be checked: this is a fragment', '无法检验：这是一个分片') };
  if (seen.checksumOk) return { ok: true, meaning: over[layer] };
  if (packet.tcp !== undefined && checksumState(packet, packet.tcp) === 'offload') return { meaning: offloaded };
  const end = packet.bytes.length - packet.trailer.length;
  const pseudo = layer === 'icmp' ? 0 : pseudoSumOf(packet, layer === 'tcp' ? 6 : 58, end - offset);
  return { ok: false, meaning: wrong(rightOf(packet.bytes, offset, end, pseudo, seen.checksum)) };
};

/** A kernel leaves the pseudo header's sum in the field for a network card to complete. */
const offloaded = text(
  'not yet complete: the pseudo header only. Captured before the network card added the rest (checksum offload)',
  '尚未完成：只含伪首部。抓包时网卡还没有补上其余部分（校验和卸载）',
);

/** The field at `offset` that holds it; `name`: where it is not simply the checksum. */
export const checksumField = (
  offset: number,
  seen: { readonly checksum: number },
  { ok, meaning }: ChecksumVerdict,
  name = text('checksum', '校验和'),
): Field => ({ ...fieldAt(offset, 2, name, hexNumber(seen.checksum, 4), meaning), ...(ok !== undefined && { ok }) });
