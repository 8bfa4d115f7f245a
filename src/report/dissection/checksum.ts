/** Whether a checksum is right, and if not, what it should be. */
import type { Text } from '../../error.js';
import { emitPacket, fold, parsePacket, pseudoHeaderSum, type Packet } from '../../wire/index.js';
import { hexNumber, text } from './text.js';

/** What is said of a checksum. `ok` is left out where it cannot be judged. */
export interface ChecksumVerdict {
  readonly ok?: boolean;
  readonly meaning: Text;
}

const isFragment = ({ ip }: Packet): boolean =>
  ip.version === 4 ? ip.moreFragments : ip.extensions.some(({ kind }) => kind === 'fragment');

/** The packet again with a checksum left out, so that it is computed. */
const recomputed = (packet: Packet, layer: 'ip' | 'tcp' | 'icmp' | 'icmpv6'): number | undefined => {
  const without = <T extends { readonly checksum: number }>({ checksum: _, ...rest }: T): Omit<T, 'checksum'> => rest;
  const { ip, tcp, icmp, icmpv6 } = packet;
  const again = parsePacket(
    emitPacket({
      ...packet,
      ip: layer === 'ip' && ip.version === 4 ? without(ip) : ip,
      tcp: layer === 'tcp' && tcp !== undefined ? without(tcp) : tcp,
      icmp: layer === 'icmp' && icmp !== undefined ? without(icmp) : icmp,
      icmpv6: layer === 'icmpv6' && icmpv6 !== undefined ? without(icmpv6) : icmpv6,
    }),
    { mayBeCut: true },
  );
  if (!again.ok) return undefined;
  const { value } = again;
  return layer === 'ip' ? (value.ip.version === 4 ? value.ip.checksum : undefined) : value[layer]?.checksum;
};

/** The sum that a kernel leaves in the field for a network card to complete: that of the pseudo header alone. */
const offloadedSum = ({ ip, bytes, trailer }: Packet, protocol: number, offset: number): number => {
  const length = bytes.length - trailer.length - offset;
  const [start, end] = ip.version === 4 ? [12, 20] : [8, 40];
  return fold(pseudoHeaderSum(bytes, start, end, protocol, length));
};

const wrong = (right: number | undefined): Text =>
  right === undefined
    ? text('WRONG', '错误')
    : text(`WRONG: it should be ${hexNumber(right, 4)}`, `错误：应为 ${hexNumber(right, 4)}`);

/** Of an IPv4 header. */
export const headerVerdict = (ok: boolean, packet: Packet | undefined): ChecksumVerdict =>
  ok
    ? { ok, meaning: text('correct: the sum over this header', '正确：对本首部求和') }
    : { ok, meaning: wrong(packet && recomputed(packet, 'ip')) };

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
  if (layer === 'tcp' && seen.checksum === offloadedSum(packet, 6, offset))
    return {
      meaning: text(
        'not yet complete: the pseudo header only. Captured before the network card added the rest (checksum offload)',
        '尚未完成：只含伪首部。抓包时网卡还没有补上其余部分（校验和卸载）',
      ),
    };
  return { ok: false, meaning: wrong(recomputed(packet, layer)) };
};
