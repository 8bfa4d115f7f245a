/** The packet that SYN OPTIONS ask for. Given is given, even if wrong; what bytes cannot hold is refused. */
import { about, type RawshakeError, type Text, verbatim } from '../error.js';
import { usageError } from './usage.js';
import type { Flow } from '../wire/flow.js';
import { emitPacket, type PacketInit, parsePacket, segmentOf, type TcpInit, type TcpSegment } from '../wire/index.js';
import { tcpOptionsLength } from '../wire/tcp-options.js';
import type { SynOptions } from './syn-options.js';

export function packetOf(options: SynOptions, flow: Flow): PacketInit {
  const tcp = segmentOfOptions(options, flow);
  const ip = ipOf(options, flow);
  requireRoom(tcp, ip.version);
  const init = { ip, tcp };
  return options.badChecksum === true ? withBadChecksum(init) : init;
}

/** @throws {RawshakeError} RS_USAGE where options or data are longer than a packet can be */
function requireRoom(tcp: TcpInit, version: 4 | 6): void {
  const used = tcpOptionsLength(tcp.options ?? []);
  if (used > mostOptionBytes) {
    throw usageError(
      {
        en: `TCP options: they take ${used} bytes, and a header holds ${mostOptionBytes}`,
        zh: `TCP 选项：共占 ${used} 字节，而首部只能容纳 ${mostOptionBytes} 字节`,
      },
      {
        en: 'Leave out some of --mss, --wscale, --sack, --timestamps, --option.',
        zh: '请去掉 --mss、--wscale、--sack、--timestamps、--option 中的一些。',
      },
    );
  }
  const bytes = headerBytes + used + (tcp.payload?.length ?? 0);
  if (bytes + (version === 4 ? headerBytes : 0) > 0xffff) {
    throw usageError(
      about('--payload', {
        en: `${bytes} bytes of TCP do not fit into an IP packet`,
        zh: `${bytes} 字节的 TCP 装不进一个 IP 包`,
      }),
      { en: 'Give less data.', zh: '请减少数据。' },
    );
  }
}

/** The segment that the options ask for, as whoever gets it reads it: an option given as bytes is what its bytes say. */
export function segmentAsRead(options: SynOptions): TcpSegment | undefined {
  const anywhere = { src: '192.0.2.1', srcPort: 1, dst: '192.0.2.2', dstPort: 1 };
  const tcp = segmentOfOptions(options, anywhere);
  requireRoom(tcp, 4);
  const parsed = parsePacket(emitPacket({ ip: { version: 4, src: anywhere.src, dst: anywhere.dst }, tcp }));
  return parsed.ok ? parsed.value.tcp : undefined;
}

const headerBytes = 20;
const mostOptionBytes = 40;

/** One bit away from right: the two forms of zero are further apart. */
function withBadChecksum(init: PacketInit): PacketInit {
  const packet = parsePacket(emitPacket(init));
  const right = packet.ok ? packet.value.tcp?.checksum : undefined;
  return { ...init, tcp: { ...init.tcp, checksum: (right ?? 0) ^ 1 } };
}

/** What `--packet` says of the segment, so that it cannot be said a second time. */
const saidByPacket = {
  flags: '--flags',
  seq: '--seq',
  ack: '--ack',
  window: '--window',
  urgent: '--urgent',
  tcpOptions: '--mss, --wscale, --sack, --timestamps, --option',
} as const satisfies Partial<Record<keyof SynOptions, string>>;

function segmentOfOptions(options: SynOptions, { srcPort, dstPort }: Flow): TcpInit {
  const { packet, payload, tcpOptions, urgent } = options;
  const data = payload === undefined ? undefined : new TextEncoder().encode(payload);
  const around = {
    srcPort,
    dstPort,
    ...(data === undefined ? {} : { payload: data }),
    ...(options.checksum === undefined ? {} : { checksum: options.checksum }),
  };
  if (packet === undefined) {
    return {
      flags: options.flags ?? 'S',
      ...(options.seq === undefined ? {} : { seq: options.seq }),
      ...(options.ack === undefined ? {} : { ack: options.ack }),
      ...(options.window === undefined ? {} : { window: options.window }),
      ...(urgent === undefined ? {} : { urgentPointer: urgent }),
      ...(tcpOptions === undefined ? {} : { options: tcpOptions }),
      ...around,
    };
  }
  const twice = Object.entries(saidByPacket).flatMap(([name, option]) => (name in options ? [option] : []));
  if (twice.length > 0) {
    const [en, zh] = [twice.join(', '), twice.join('、').replaceAll(', ', '、')];
    throw usageError(
      about('--packet', { en: `says all of the segment, and so does ${en}`, zh: `已说明整个报文段，又给出了 ${zh}` }),
      leaveOut({ en, zh }),
    );
  }
  if (data !== undefined && packet.payloadLength > 0 && packet.payloadLength !== data.length) {
    throw usageError(
      about('--payload', {
        en: `has ${data.length} bytes, --packet says ${packet.payloadLength}`,
        zh: `有 ${data.length} 字节，而 --packet 写的是 ${packet.payloadLength}`,
      }),
      { en: `Write (${data.length}) there, or (0).`, zh: `请在那里写 (${data.length}) 或 (0)。` },
    );
  }
  return { ...segmentOf(packet), ...around };
}

function ipOf(options: SynOptions, { src, dst }: Flow): PacketInit['ip'] {
  const { packet, id, df } = options;
  const version = dst.includes(':') ? 6 : 4;
  const ttl = options.ttl ?? packet?.ttl;
  const tos = options.tos ?? (packet?.tos === undefined ? packet?.ecn?.[0] : packet.tos | (packet.ecn?.[0] ?? 0));
  const flowLabel = options.flowLabel ?? packet?.flowLabel;
  if (version === 4) {
    if (flowLabel !== undefined) throw notIn(4, '--flow-label');
    return {
      version,
      src,
      dst,
      ...(tos === undefined ? {} : { tos }),
      ...(id === undefined ? {} : { id }),
      ...(df === undefined ? {} : { dontFragment: df }),
      ...(ttl === undefined ? {} : { ttl }),
    };
  }
  if (id !== undefined) throw notIn(6, '--id');
  if (df !== undefined) throw notIn(6, df ? '--df' : '--no-df');
  return {
    version,
    src,
    dst,
    ...(tos === undefined ? {} : { trafficClass: tos }),
    ...(flowLabel === undefined ? {} : { flowLabel }),
    ...(ttl === undefined ? {} : { hopLimit: ttl }),
  };
}

const notIn = (version: 4 | 6, option: string): RawshakeError =>
  usageError(
    about(option, { en: `the IPv${version} header has no such field`, zh: `IPv${version} 首部没有这个字段` }),
    leaveOut(verbatim(option)),
  );

const leaveOut = ({ en, zh }: Text): Text => ({ en: `Leave out ${en}.`, zh: `请去掉 ${zh}。` });
