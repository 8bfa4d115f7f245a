/** `rawshake build`: one packet, made of what is given. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { LinkTypeNumber } from '../capture/link-type.js';
import { pcap } from '../capture/pcap.js';
import { about, type Language } from '../error.js';
import { usageError } from './usage.js';
import { jsonText } from '../printable.js';
import { RelativeNumbers } from '../evidence/relative-numbers.js';
import { segmentJson } from '../report/packet-json.js';
import {
  addressVersion,
  emitFrame,
  emitPacket,
  formatSegment,
  parseMac,
  parsePacket,
  toHex,
  type LinkInit,
} from '../wire/index.js';
import type { Flow } from '../wire/flow.js';
import { type Endpoint, endpointOf } from './endpoint.js';
import { EXIT } from './exit-code.js';
import { Stdout } from './stdout.js';
import { packetOf } from './packet-of-options.js';
import { type SynOptions, withSynOptions } from './syn-options.js';
import { languageOption } from './view-options.js';
import { exampleText, told } from './told.js';

interface Options extends SynOptions {
  readonly from?: Endpoint;
  readonly to?: Endpoint;
  readonly ethernet?: LinkInit;
  readonly format: 'hex' | 'bytes' | 'pcap' | 'json' | 'text';
  readonly lang?: Language;
}

export const buildCommand = (): Command =>
  withSynOptions(
    new Command('build')
      .description(
        told({
          en: 'make one packet: what is given stands in it as it is, the rest is computed',
          zh: '制作一个包：给出的内容原样写入，其余自动计算',
        }),
      )
      .option('--from <addr:port>', told({ en: 'who sends it', zh: '发送方' }), endpointOf)
      .option('--to <addr:port>', told({ en: 'who is to get it', zh: '接收方' }), endpointOf),
  )
    .option('--ethernet <src,dst>', told({ en: 'put it into an Ethernet frame', zh: '装入以太网帧' }), ethernet)
    .addOption(
      new Option(
        '--format <format>',
        told({
          en: 'hex: a line of digits; text: packetdrill notation',
          zh: 'hex：一行十六进制数字；text：packetdrill 记法',
        }),
      )
        .choices(['hex', 'bytes', 'pcap', 'json', 'text'])
        .default('hex'),
    )
    .addOption(languageOption('hints'))
    .addHelpText(
      'after',
      exampleText('rawshake build --flags S --mss 1460 --from 192.0.2.1:41000 --to 192.0.2.2:80 | rawshake dissect'),
    )
    .action(run);

function ethernet(text: string): LinkInit {
  const [src = '', dst = '', ...more] = text.split(',');
  if (parseMac(src) === undefined || parseMac(dst) === undefined || more.length > 0)
    throw new InvalidArgumentError(
      told({
        en: 'Two Ethernet addresses: 02:00:00:00:00:01,02:00:00:00:00:02.',
        zh: '两个以太网地址：02:00:00:00:00:01,02:00:00:00:00:02。',
      }),
    );
  return { kind: 'ethernet', src, dst };
}

async function run(options: Options): Promise<void> {
  const packet = packetOf(options, flowOf(options));
  const { ethernet: link, format } = options;
  const bytes = link === undefined ? emitPacket(packet) : emitFrame({ link, packet });
  const output = rendered(format, bytes, link, emitPacket(packet));
  if (typeof output !== 'string' && process.stdout.isTTY) {
    throw usageError(about(`--format ${format}`, { en: 'a terminal shows no bytes', zh: '终端不能显示字节' }), {
      en: 'Write to a file: > packet',
      zh: '请写入文件：> packet',
    });
  }
  await new Stdout().writeBytes(output);
  process.exitCode = EXIT.asExpected;
}

/** The ends that were given, by options of their own or within `--packet`. */
function flowOf({ from, to, packet }: Options): Flow {
  const src = from?.address ?? packet?.src;
  const dst = to?.address ?? packet?.dst;
  for (const [address, option] of [
    [src, '--from'],
    [dst, '--to'],
  ] as const) {
    if (address !== undefined) continue;
    throw usageError(about(option, { en: 'an address and a port are needed', zh: '需要地址和端口' }), {
      en: `Such as: ${option} 192.0.2.1:41000`,
      zh: `例如：${option} 192.0.2.1:41000`,
    });
  }
  const flow = {
    src: src ?? '',
    srcPort: from?.port ?? packet?.srcPort ?? 0,
    dst: dst ?? '',
    dstPort: to?.port ?? packet?.dstPort ?? 0,
  };
  if (addressVersion(flow.src) === addressVersion(flow.dst)) return flow;
  throw usageError(
    about('--to', {
      en: `${flow.dst} is not of the IP version of ${flow.src}`,
      zh: `${flow.dst} 与 ${flow.src} 不是同一 IP 版本`,
    }),
    { en: 'Give both addresses of one version.', zh: '请给出同一 IP 版本的两个地址。' },
  );
}

/** `bytes`: all of it, with the link header; `ip`: from the IP header on. */
function rendered(
  format: Options['format'],
  bytes: Uint8Array,
  link: LinkInit | undefined,
  ip: Uint8Array,
): string | Uint8Array {
  switch (format) {
    case 'hex':
      return `${toHex(bytes)}\n`;
    case 'bytes':
      return bytes;
    case 'pcap':
      // It was never on a wire: no time is as true as the first.
      return pcap([{ epochNs: 0n, bytes }], { linkType: LinkTypeNumber[link?.kind ?? 'raw'] });
    case 'json':
    case 'text': {
      const packet = parsePacket(ip);
      const segment = packet.ok ? packet.value.tcp : undefined;
      if (!packet.ok || segment === undefined) throw new Error('a packet was built that cannot be read');
      if (format === 'text') return `${formatSegment(segment)}\n`;
      const { src, dst } = packet.value.ip;
      const flow = { src, dst, srcPort: segment.srcPort, dstPort: segment.dstPort };
      const numbers = new RelativeNumbers().of(segment, flow, 0);
      return `${jsonText(segmentJson(packet.value, segment, numbers, bytes), 2)}\n`;
    }
  }
}
