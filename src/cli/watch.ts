/** `rawshake watch`: what fails on a living host, or in a container, and why; read-only. */
import { Command, InvalidArgumentError } from 'commander';
import type { RawshakeError, Text } from '../error.js';
import { watch } from '../live/index.js';
import { jsonText } from '../printable.js';
import { watchBlock, watchSummaryText } from '../report/watch-text.js';
import { watchFindingJson, watchSummaryJson } from '../report/watch-json.js';
import { addressVersion } from '../wire/address.js';
import { port } from './arguments.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';
import { seconds } from './live-options.js';
import { type CommonOptions, note, viewOf } from './output.js';
import { Lines } from './stdout.js';
import { exampleText, told } from './told.js';
import { usageError } from './usage.js';
import { openWatchPcap } from './watch-pcap.js';
import { languageOption, withLadderOptions } from './view-options.js';

interface Options extends CommonOptions {
  readonly netns?: string;
  readonly port?: number;
  readonly host?: string;
  readonly for?: number;
  readonly all?: boolean;
  readonly pcap?: string;
  readonly payload?: boolean;
}

export const watchCommand = (): Command =>
  withLadderOptions(new Command('watch'))
    .description(
      told({
        en: 'watch a living host, or a container: handshakes that fail and RSTs, who sent them, why, and what to do; nothing is changed',
        zh: '观察真实主机或容器：失败的握手和 RST，由谁发出、为什么、该怎么办；不改变任何东西',
      }),
    )
    .option('--netns <name|pid>', told({ en: 'watch another network namespace', zh: '观察另一个网络命名空间' }))
    .option('--port <n>', told({ en: 'only connections with this port', zh: '只看使用该端口的连接' }), port)
    .option('--host <address>', told({ en: 'only connections with this address', zh: '只看涉及该地址的连接' }), host)
    .option(
      '--for <seconds>',
      told({ en: 'how long (default: until Ctrl-C)', zh: '观察多久（默认直到 Ctrl-C）' }),
      seconds,
    )
    .option(
      '--all',
      told({
        en: 'tell every RST, one by one, and not only what can be mended, equal ones once',
        zh: '逐一报告每个 RST，而不只是可以补救的，也不合并相同的',
      }),
    )
    .option(
      '--pcap <file>',
      told({
        en: 'write SYNs and RSTs to a pcapng file, headers only',
        zh: '把 SYN 和 RST 写入 pcapng 文件，只含首部',
      }),
    )
    .option('--payload', told({ en: 'with --pcap: what they carry, too', zh: '与 --pcap 合用：也写入载荷' }))
    .option('--json', told({ en: 'print a JSON line for each finding', zh: '每个发现输出一行 JSON' }))
    .addOption(languageOption())
    .addHelpText(
      'after',
      exampleText(
        'sudo rawshake watch',
        'sudo rawshake watch --netns $(docker inspect -f {{.State.Pid}} web) --port 80',
        'sudo rawshake watch --all --for 60 --json',
      ),
    )
    .action(run);

function host(text: string): string {
  if (addressVersion(text) === undefined)
    throw new InvalidArgumentError(told({ en: 'It is to be an IP address.', zh: '应为 IP 地址。' }));
  return text;
}

async function run(options: Options): Promise<void> {
  if (options.payload === true && options.pcap === undefined) throw payloadOfNothing();
  const view = viewOf(options);
  const lines = new Lines();
  const isInterrupted = await interruptible('watch', async (signal) => {
    const ends = options.for === undefined ? [] : [AbortSignal.timeout(options.for * 1000)];
    const pcap = options.pcap === undefined ? undefined : openWatchPcap(options.pcap, options.payload === true);
    try {
      const { netns, port: portNumber, host: address, all = false, payload = false } = options;
      const watched = watch({
        ...{ netns, port: portNumber, host: address, all, payload },
        signal: AbortSignal.any([signal, ...ends]),
        onFrame: (frame, epochMs) => pcap?.write(frame, epochMs),
      });
      for (const text of watched.summary.missing) note(NOT_SEEN(text)[view.language]);
      note(WATCHING[view.language]);
      for await (const finding of watched)
        lines.write(
          options.json === true
            ? jsonText(watchFindingJson(finding, view.language))
            : watchBlock(finding, view).replace(/\n$/, ''),
        );
      const { summary } = watched;
      const whole = { ...summary, leftOut: summary.leftOut + lines.leftOut };
      lines.write(
        options.json === true
          ? jsonText(watchSummaryJson(whole, view.language))
          : watchSummaryText(whole, view).trimEnd(),
      );
    } finally {
      pcap?.close();
    }
    return signal.aborted;
  });
  process.exitCode = isInterrupted ? EXIT.interrupted : EXIT.asExpected;
}

const payloadOfNothing = (): RawshakeError =>
  usageError(
    { en: '--payload is of --pcap, which is not given', zh: '--payload 须与 --pcap 合用，而没有给出 --pcap' },
    { en: 'Add --pcap FILE, or leave out --payload.', zh: '请加上 --pcap 文件名，或去掉 --payload。' },
  );

const WATCHING: Text = { en: 'watching; Ctrl-C ends it', zh: '正在观察，按 Ctrl-C 结束' };

const NOT_SEEN = ({ en, zh }: Text): Text => ({ en: `cannot be seen: ${en}`, zh: `无法看到：${zh}` });
