/** SYN OPTIONS: the segment that `build`, `connect` and `probe` send, as options of the command line. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Text } from '../error.js';
import { fromHex, parseFlags, parseNotation, type Notation, type TcpOption } from '../wire/index.js';
import { type CommonOptions, languageOf, note } from './output.js';
import { told } from './told.js';

/** What was given; what was not is left out. */
export interface SynOptions {
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  /** In the order in which they were given. */
  readonly tcpOptions?: readonly TcpOption[];
  readonly urgent?: number;
  readonly payload?: string;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  readonly df?: boolean;
  readonly flowLabel?: number;
  readonly badChecksum?: boolean;
  readonly checksum?: number;
  readonly packet?: Notation;
}

/** An option of the segment's header: all of them make one list, so that their order is the user's. */
class TcpOptionOption extends Option {
  constructor(flags: string, description: string, read: (text: string) => TcpOption) {
    super(flags, description);
    this.argParser((text: string, before: readonly TcpOption[] | undefined) => [...(before ?? []), read(text)]);
  }

  override attributeName(): string {
    return 'tcpOptions';
  }
}

/** Adds them to a command. */
export const withSynOptions = (command: Command): Command =>
  command
    .hook('preAction', (_, command) => {
      noteAe(command.opts());
    })
    .option(
      '--flags <letters>',
      told({
        en: "packetdrill's letters: F FIN, S SYN, R RST, P PSH, . ACK, U URG, E ECE, W CWR, A AE (accurate ECN); - for none (default: S)",
        zh: 'packetdrill 的字母：F FIN、S SYN、R RST、P PSH、. ACK、U URG、E ECE、W CWR、A AE（精确 ECN）；- 表示没有（默认：S）',
      }),
      flags,
    )
    .option('--seq <n>', told({ en: 'sequence number', zh: '序列号' }), unsigned(32))
    .option('--ack <n>', told({ en: 'acknowledgment number', zh: '确认号' }), unsigned(32))
    .option('--window <n>', told({ en: 'window field, not scaled', zh: '窗口字段，未经缩放' }), unsigned(16))
    .addOption(
      new TcpOptionOption(
        '--mss <n>',
        told({ en: 'TCP option: maximum segment size', zh: 'TCP 选项：最大报文段长度' }),
        (text) => ({
          kind: 'mss',
          mss: unsigned(16)(text),
        }),
      ),
    )
    .addOption(
      new TcpOptionOption(
        '--wscale <n>',
        told({ en: 'TCP option: window scale', zh: 'TCP 选项：窗口缩放' }),
        (text) => ({
          kind: 'wscale',
          shift: unsigned(8)(text),
        }),
      ),
    )
    .addOption(
      new TcpOptionOption('--sack', told({ en: 'TCP option: SACK permitted', zh: 'TCP 选项：允许 SACK' }), () => ({
        kind: 'sackOK',
      })),
    )
    .addOption(
      new TcpOptionOption(
        '--timestamps [val]',
        told({ en: 'TCP option: timestamps', zh: 'TCP 选项：时间戳' }),
        (text) => ({
          kind: 'timestamps',
          value: unsigned(32)(text),
          echo: 0,
        }),
      ).preset('1'),
    )
    .addOption(
      new TcpOptionOption(
        '--option <kind:hex>',
        told({
          en: 'any TCP option; KIND/LENGTH:HEX where its length is to lie',
          zh: '任意 TCP 选项；长度要写错时用 KIND/LENGTH:HEX',
        }),
        tcpOption,
      ),
    )
    .option('--urgent <n>', told({ en: 'urgent pointer', zh: '紧急指针' }), unsigned(16))
    .option('--payload <text>', told({ en: 'data', zh: '数据' }))
    .option('--ttl <n>', told({ en: 'time to live, hop limit', zh: '生存时间（TTL）、跳数限制' }), unsigned(8))
    .option('--tos <n>', told({ en: 'type of service, traffic class', zh: '服务类型、流量类别' }), unsigned(8))
    .option('--id <n>', told({ en: 'identification (IPv4)', zh: '标识（IPv4）' }), unsigned(16))
    .option('--df', told({ en: "set don't fragment (IPv4; the default)", zh: '设置“不分片”（IPv4；默认）' }))
    .option('--no-df', told({ en: "clear don't fragment (IPv4)", zh: '清除“不分片”（IPv4）' }))
    .option('--flow-label <n>', told({ en: 'flow label (IPv6)', zh: '流标签（IPv6）' }), unsigned(20))
    .addOption(
      new Option('--bad-checksum', told({ en: 'one bit of the TCP checksum wrong', zh: 'TCP 校验和错一位' })).conflicts(
        'checksum',
      ),
    )
    .option('--checksum <hex>', told({ en: 'TCP checksum', zh: 'TCP 校验和' }), checksum)
    .option(
      '--packet <text>',
      told({
        en: "all at once in packetdrill's words: 'S 0:0(0) win 64240 <mss 1460>'",
        zh: "一次给全，用 packetdrill 的写法：'S 0:0(0) win 64240 <mss 1460>'",
      }),
      notation,
    );

/** Newcomers mean ACK by it, for which there is a dot. With the dot, or E and W, it is meant. RFC 9768 §3.1. */
function noteAe(options: SynOptions & CommonOptions): void {
  const { flags: letters = '' } = options;
  if (letters.includes('A') && !/[.EW]/.test(letters)) note(aeText(letters)[languageOf(options)]);
}

const aeText = (letters: string): Text => ({
  en: `--flags ${letters}: A is accurate ECN (AE); ACK is the dot, so SYN/ACK is S.`,
  zh: `--flags ${letters}：A 表示精确 ECN（AE）；ACK 用点表示，所以 SYN/ACK 写作 S.`,
});

/** Unsigned, of at most so many bits, decimal or 0x…. */
const unsigned =
  (bits: number) =>
  (text: string): number => {
    const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
    if (value < 2 ** bits) return value;
    throw new InvalidArgumentError(
      told({ en: `An integer from 0 to ${2 ** bits - 1}.`, zh: `0 到 ${2 ** bits - 1} 的整数。` }),
    );
  };

function flags(text: string): string {
  try {
    parseFlags(text);
  } catch {
    throw new InvalidArgumentError(
      told({
        en: 'Letters out of F S R P . U E W A, or - for none. The dot is ACK.',
        zh: '可用字母 F S R P . U E W A，- 表示没有。点表示 ACK。',
      }),
    );
  }
  return text;
}

function checksum(text: string): number {
  if (!/^(0x)?[0-9a-f]{1,4}$/i.test(text))
    throw new InvalidArgumentError(told({ en: 'Up to four hex digits.', zh: '至多四位十六进制数字。' }));
  return Number.parseInt(text, 16);
}

/** Kinds that are a byte by themselves. RFC 9293 §3.1. */
const single: Readonly<Record<number, TcpOption>> = { 0: { kind: 'eol' }, 1: { kind: 'nop' } };

function tcpOption(text: string): TcpOption {
  const [, kind = '', length, digits = ''] = /^(\d+)(?:\/(\d+))?:([0-9a-f]*)$/i.exec(text) ?? [];
  const data = fromHex(digits);
  if (kind === '' || data === undefined || Number(kind) > 255 || Number(length ?? 0) > 255)
    throw new InvalidArgumentError(
      told({
        en: 'KIND:HEX or KIND/LENGTH:HEX, such as 30:0001 (1: is a NOP).',
        zh: 'KIND:HEX 或 KIND/LENGTH:HEX，例如 30:0001（1: 是 NOP）。',
      }),
    );
  const code = Number(kind);
  if (length === undefined && data.length === 0 && single[code] !== undefined) return single[code];
  return { kind: 'unknown', code, data, ...(length === undefined ? {} : { length: Number(length) }) };
}

function notation(text: string): Notation {
  const parsed = parseNotation(text);
  if (parsed.ok) return parsed.value;
  const { column, message, zh } = parsed.error;
  const rest = text.slice(column - 1);
  throw new InvalidArgumentError(
    told({
      en: `Column ${column}, ${rest === '' ? 'at the end' : `at '${rest}'`}: ${message}.`,
      zh: `第 ${column} 列，${rest === '' ? '末尾' : `'${rest}' 处`}：${zh}。`,
    }),
  );
}
