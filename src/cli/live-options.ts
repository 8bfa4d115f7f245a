/** Options of the commands that work on the network one stands in: connect, listen, probe. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Language } from '../error.js';
import type { FilterChoice } from '../live/index.js';
import { openNamespace, type NetworkNamespace } from '../linux/namespace/netns.js';
import { Leases } from '../linux/process/leases.js';
import type { TransportChoice } from '../linux/port/transport.js';
import { languageOption } from './view-options.js';
import { told } from './told.js';

export interface LiveOptions {
  readonly filter: FilterChoice;
  readonly mark?: number;
  readonly transport: TransportChoice;
  readonly interface?: string;
  readonly netns?: string;
  readonly json?: boolean;
  readonly lang?: Language;
}

/** Adds them to a command; a probe has no use for a filter. */
export function withLiveOptions(command: Command, { filter } = { filter: true }): Command {
  if (filter) {
    command
      .addOption(
        new Option(
          '--filter <backend>',
          told({ en: "what keeps this host's kernel from answering with RST", zh: '用什么阻止本机内核回以 RST' }),
        )
          .choices(['auto', 'nft', 'iptables', 'none'])
          .default('auto'),
      )
      .option(
        '--mark <n>',
        told({
          en: "SO_MARK of rawshake's own packets, which the filter spares",
          zh: 'rawshake 自己的报文的 SO_MARK，过滤器放行这些报文',
        }),
        mark,
      );
  }
  return command
    .addOption(
      new Option('--transport <name>', told({ en: 'how packets get out', zh: '报文发出的方式' }))
        .choices(['auto', 'raw-socket', 'libc', 'packet'])
        .default('auto'),
    )
    .option(
      '--interface <name>',
      told({
        en: 'the only link to use, whatever the routes say (SO_BINDTODEVICE)',
        zh: '只用这个接口，不论路由如何（SO_BINDTODEVICE）',
      }),
    )
    .option('--netns <name|pid>', told({ en: 'work in another network namespace', zh: '在另一个网络命名空间中工作' }))
    .option('--json', told({ en: 'print JSON', zh: '输出 JSON' }))
    .addOption(languageOption());
}

/** 1 to 2^32 - 1, decimal or hexadecimal. */
export function mark(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 0xffffffff) {
    throw new InvalidArgumentError(
      told({ en: 'A mark is a number from 1 to 0xffffffff.', zh: '标记是 1 到 0xffffffff 的数。' }),
    );
  }
  return value;
}

/** No timer runs for longer than 2^31 ms. */
const MOST_SECONDS = 2_000_000;

/** Seconds, fractions allowed. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0) || value > MOST_SECONDS) {
    throw new InvalidArgumentError(
      told({
        en: `A time is a number of seconds, such as 1.5, at most ${String(MOST_SECONDS)}.`,
        zh: `时间是秒数，例如 1.5，至多 ${String(MOST_SECONDS)}。`,
      }),
    );
  }
  return value;
}

/** Runs `action` in the namespace that was asked for, if any. */
export async function inNamespace<T>(
  name: string | undefined,
  action: (netns: NetworkNamespace | undefined) => Promise<T>,
): Promise<T> {
  const leases = new Leases();
  try {
    return await action(name === undefined ? undefined : leases.add(openNamespace(name)));
  } finally {
    leases.close();
  }
}
