/** `rawshake connect`: a hand-made connection on the network one stands in. */
import { Command, Option } from 'commander';
import { about, type Language, RawshakeError, type Text } from '../error.js';
import { realtimeOffset } from '../linux/libc/clock.js';
import { requireLinux } from '../linux/libc/platform.js';
import { converse, type ConverseOptions } from '../live/converse.js';
import type { CloseChoice } from '../live/talk.js';
import { CONNECTION_HOSTS } from '../evidence/recording.js';
import { connectionJson, connectionText } from '../report/connection.js';
import { connectionPcapngPacket, connectionPcapngStart } from '../report/connection-pcapng.js';
import { leftAloneText, RESTORED } from '../report/filter.js';
import { formatFlags, TcpFlag } from '../wire/index.js';
import { CaptureFile } from './capture-file.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';
import { inNamespace, type LiveOptions, seconds, withLiveOptions } from './live-options.js';
import { packetOf, segmentAsRead } from './packet-of-options.js';
import { type PeerOptions, withPeer } from './peer-options.js';
import { type SynOptions, withSynOptions } from './syn-options.js';
import { languageOf, note, printJson, printText, viewOf } from './output.js';
import { withLadderOptions } from './view-options.js';
import { exampleText, told } from './told.js';
import { liveOption, type TellOptions, toldLive } from './told-live.js';

interface Options extends LiveOptions, SynOptions, PeerOptions, TellOptions {
  readonly send?: string;
  readonly stdin?: boolean;
  readonly wait?: number;
  readonly close: CloseChoice;
  readonly adopt?: boolean;
  readonly pcap?: string;
}

export const connectCommand = (): Command =>
  withSynOptions(
    withLiveOptions(
      withPeer(
        withLadderOptions(new Command('connect')).description(
          told({
            en: 'connect by hand: the handshake, the data and the close, behind a filter for exactly this connection',
            zh: '手工连接：握手、数据和关闭，由只针对这条连接的过滤器保护',
          }),
        ),
      )
        .addOption(
          new Option('--send <text>', told({ en: 'send this once connected', zh: '连接后发送这段内容' })).conflicts(
            'stdin',
          ),
        )
        .option('--stdin', told({ en: 'send what standard input holds', zh: '发送标准输入的内容' }))
        .option(
          '--wait <seconds>',
          told({
            en: 'how long the other side may be silent while it is its turn, and the handshake take (default: 5, with --close rst or none 0.2, once the input has ended; for the handshake 7)',
            zh: '轮到对方时最多容许沉默多久，以及握手最多用时（默认：输入结束后 5，--close rst 或 none 时 0.2；握手为 7）',
          }),
          seconds,
        )
        .addOption(
          new Option('--close <how>', told({ en: 'how to end it', zh: '如何结束连接' }))
            .choices(['fin', 'rst', 'none'])
            .default('fin'),
        )
        .option(
          '--adopt',
          told({
            en: "give it to the kernel once it stands: a socket of the kernel's carries it on, the filter goes",
            zh: '连接建立后交给内核：由内核的套接字继续，过滤器随即移除',
          }),
        )
        .addOption(liveOption())
        .option('--pcap <file>', told({ en: 'write all packets to a pcapng file', zh: '把全部报文写入 pcapng 文件' })),
    ),
  )
    .addHelpText(
      'after',
      told({
        en: '\nIn JSON, handshakeMs is in milliseconds, and the `at` of packets in seconds from the start.\n',
        zh: '\nJSON 中，handshakeMs 以毫秒计，各报文的 `at` 为自开始起的秒数。\n',
      }),
    )
    .addHelpText('after', exampleText("rawshake connect 192.0.2.2 80 --send $'GET / HTTP/1.0\\r\\n\\r\\n'"))
    .action(run);

async function run(host: string, portNumber: number, options: Options): Promise<void> {
  requireLinux();
  const { json = false, adopt = false, pcap } = options;
  if (adopt && options.close === 'none') throw cannotBeLeft();
  const evidence = await withCapture(pcap, languageOf(options), (onPacket) =>
    interruptible('connect', (signal) =>
      inNamespace(options.netns, (netns) =>
        toldLive(options, CONNECTION_HOSTS, (feed) =>
          converse({
            ...options,
            ...crafted(options),
            host,
            port: portNumber,
            netns,
            interfaceName: options.interface,
            signal,
            input: options.stdin === true ? process.stdin : options.send,
            // The report goes to stderr, so that stdout is what the other side sent.
            output: json ? undefined : process.stdout,
            adopt,
            waitMs: options.wait === undefined ? undefined : options.wait * 1000,
            onFilterRestored: () => {
              note(RESTORED[languageOf(options)]);
            },
            onLeftAlone: ({ path, why }) => {
              note(leftAloneText(path, why)[languageOf(options)]);
            },
            onPacket,
            feed,
          }),
        ),
      ),
    ),
  );
  if (json) printJson(connectionJson(evidence, languageOf(options)));
  else {
    if (endsMidLine(evidence)) printText('\n', process.stderr);
    printText(connectionText(evidence, viewOf(options, process.stderr)), process.stderr);
  }
  process.exitCode = evidence.outcome === 'established' ? EXIT.asExpected : EXIT.notAsExpected;
}

/** Whether on the terminal, where both are shown, the report would begin in a line of what was received. */
const endsMidLine = ({ received: { bytes, text } }: Awaited<ReturnType<typeof converse>>): boolean =>
  process.stdout.isTTY && process.stderr.isTTY && bytes > 0 && !text.endsWith('\n');

/** Runs `action` with what writes each packet to the file that was asked for. */
async function withCapture<T>(
  path: string | undefined,
  language: Language,
  action: (onPacket: ConverseOptions['onPacket']) => Promise<T>,
): Promise<T> {
  if (path === undefined) return action(undefined);
  const file = new CaptureFile(path);
  file.add(connectionPcapngStart());
  const offsetMs = realtimeOffset();
  try {
    return await action((packet) => {
      file.add(connectionPcapngPacket(packet, offsetMs));
    });
  } finally {
    file.close();
    if (file.leftOut > 0) note(about(path, leftOut(file.leftOut))[language]);
  }
}

const leftOut = (packets: number): Text => ({
  en: `${String(packets)} packets are not in it: its reader was too slow`,
  zh: `其中缺少 ${String(packets)} 个报文：读取方太慢`,
});

const cannotBeLeft = (): RawshakeError =>
  new RawshakeError(
    'RS_USAGE',
    about(about('connect', { en: '--adopt and --close none', zh: '--adopt 与 --close none' }), {
      en: 'a kernel ends its connections',
      zh: '内核总会结束自己的连接',
    }),
    { hint: { en: 'Take --close fin or --close rst.', zh: '请使用 --close fin 或 --close rst。' } },
  );

const notOpening = (flags: string): RawshakeError =>
  new RawshakeError(
    'RS_USAGE',
    about(about('connect', { en: `flags ${flags}`, zh: `标志 ${flags}` }), {
      en: 'a connection begins with SYN',
      zh: '连接以 SYN 开始',
    }),
    {
      hint: {
        en: 'Give flags with S (ACK is the dot: SYN/ACK is S.); to send any one segment: rawshake probe',
        zh: '请给出含 S 的标志（ACK 用点表示：SYN/ACK 写作 S.）；如需发送任意单个报文段：rawshake probe',
      },
    },
  );

/** What the SYN OPTIONS change: the SYN itself, what is negotiated from it, and the IP header of every packet. */
function crafted(options: SynOptions): Pick<ConverseOptions, 'alter' | 'tcp'> {
  const syn = segmentAsRead(options);
  if (syn !== undefined && (syn.flags & TcpFlag.SYN) === 0) throw notOpening(formatFlags(syn.flags) || '-');
  const { seq, tcpOptions, packet } = options;
  return {
    alter(packet) {
      const { srcPort = 0, dstPort = 0, flags } = packet.tcp ?? {};
      const { src, dst } = packet.ip;
      const wanted = packetOf(options, { src, srcPort, dst, dstPort });
      const ip = { ...packet.ip, ...wanted.ip };
      return flags === TcpFlag.SYN ? { ...packet, ip, tcp: { ...packet.tcp, ...wanted.tcp } } : { ...packet, ip };
    },
    tcp: {
      ...(syn !== undefined && (seq ?? packet) !== undefined && { iss: syn.seq }),
      ...(syn !== undefined && (tcpOptions ?? packet) !== undefined && { options: syn.options }),
      ...(syn !== undefined && syn.payload.length > 0 && { synData: syn.payload }),
    },
  };
}
