/** `rawshake listen`: answers SYNs by hand, where no program listens. */
import { once, EventEmitter } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { RawConnection } from '../driver/raw-connection.js';
import { messagesOf, RawshakeError, type Text } from '../error.js';
import { requireLinux } from '../linux/libc/platform.js';
import { type FileServer, serveFiles } from '../live/http-server.js';
import { serve } from '../live/index.js';
import { withPatience } from '../live/patience.js';
import { whenEnded } from '../live/service-end.js';
import { echo, readOnly, sendText, type Service } from '../live/services.js';
import { jsonText } from '../printable.js';
import { leftAloneText, RESTORED } from '../report/filter.js';
import { pressureText } from './pressure-text.js';
import { endpoint } from '../wire/flow.js';
import { port } from './arguments.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';
import { inNamespace, type LiveOptions, withLiveOptions } from './live-options.js';
import { languageOf, note } from './output.js';
import { RequestLog } from './request-log.js';
import { answeredText, serviceJson, serviceText } from './service-text.js';
import { Lines } from './stdout.js';
import { exampleText, told } from './told.js';

interface Options extends LiveOptions {
  readonly address?: string;
  readonly echo?: boolean;
  readonly http?: string;
  readonly send?: string;
  readonly connections?: number;
}

export const listenCommand = (): Command =>
  withLiveOptions(
    new Command('listen')
      .description(
        told({
          en: 'answer SYNs by hand on a port that no program uses; a socket that never listens holds it',
          zh: '在没有程序使用的端口上手工应答 SYN；端口由一个从不监听的套接字占住',
        }),
      )
      .argument('<port>', told({ en: 'port', zh: '端口' }), port)
      .option(
        '--address <address>',
        told({
          en: 'answer for this address only, a link-local one with its link (default: all of this host but those)',
          zh: '只为这个地址应答，链路本地地址须带接口（默认：本机除链路本地以外的全部地址）',
        }),
      )
      .addOption(
        new Option('--echo', told({ en: 'give back what comes in', zh: '原样送回收到的内容' })).conflicts([
          'http',
          'send',
        ]),
      )
      .addOption(
        new Option('--http <folder>', told({ en: 'serve the files of a folder', zh: '提供目录中的文件' })).conflicts([
          'echo',
          'send',
        ]),
      )
      .addOption(
        new Option(
          '--send <text>',
          told({ en: 'send this to each and close', zh: '向每个连接发送这段内容，然后关闭' }),
        ).conflicts(['echo', 'http']),
      )
      .option('--connections <n>', told({ en: 'end after so many connections', zh: '这么多个连接之后结束' }), count),
  )
    .addHelpText(
      'after',
      told({
        en: '\nWho is silent for 5 minutes is reset; where all places are taken, whoever has been silent longest, for a newcomer.\n',
        zh: '\n沉默 5 分钟者被复位；名额全满时，为新来者复位沉默最久的一个。\n',
      }),
    )
    .addHelpText(
      'after',
      exampleText(
        `rawshake listen 8080 --http .      ${told({ en: 'then: ', zh: '然后：' })}curl http://ADDRESS:8080/README.md`,
      ),
    )
    .action(run);

function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1)
    throw new InvalidArgumentError(told({ en: 'A count is a whole number from 1.', zh: '次数是不小于 1 的整数。' }));
  return value;
}

async function run(portNumber: number, options: Options): Promise<void> {
  requireLinux();
  const lines = new Lines();
  const log = new RequestLog(
    options.json === true
      ? undefined
      : (answered) => {
          lines.write(answeredText(answered)[languageOf(options)]);
        },
  );
  const files = options.http === undefined ? undefined : serveFiles(options.http, {}, log.answered);
  const service = serviceOf(options, files);
  const interrupted = await interruptible('listen', (signal) =>
    inNamespace(options.netns, async (netns) => {
      const progress = new EventEmitter<{ done: [] }>();
      let finished = 0;
      const isDone = (): boolean => finished >= (options.connections ?? Infinity);
      const { filter, transport, address, mark } = options;
      const served = await serve({
        port: portNumber,
        filter,
        transport,
        ...(address !== undefined && { address }),
        ...(mark !== undefined && { mark }),
        ...(netns !== undefined && { netns }),
        interfaceName: options.interface,
        signal,
        onFilterRestored: () => {
          note(RESTORED[languageOf(options)]);
        },
        onLeftAlone: ({ path, why }) => {
          note(leftAloneText(path, why)[languageOf(options)]);
        },
        onPressure: ({ pressure, count }) => {
          note(pressureText(pressure, count)[languageOf(options)]);
        },
        onSendFailure: (error) => {
          note(sendFailureText(error)[languageOf(options)]);
        },
        onLinkGone: (link) => {
          note(linkGoneText(link)[languageOf(options)]);
        },
        onConnection(connection) {
          tell(connection, lines, log, options);
          connection.once('close', () => {
            finished += 1;
            if (isDone()) progress.emit('done');
          });
          service(connection);
        },
      });
      const where = served.addresses.map((address) => endpoint(address, portNumber));
      note(answeringText(where)[languageOf(options)]);
      if (filter === 'none') note(UNFILTERED[languageOf(options)]);
      try {
        // While the last address was set up, the first has been served already.
        if (!isDone()) await once(progress, 'done', { signal }).catch(() => undefined);
      } finally {
        await served.close();
        if (lines.leftOut > 0) note(LEFT_OUT(lines.leftOut)[languageOf(options)]);
      }
      return signal.aborted;
    }),
  ).finally(() => files?.close());
  process.exitCode = interrupted ? EXIT.interrupted : EXIT.asExpected;
}

function serviceOf({ echo: wantsEcho, send }: Options, files: FileServer | undefined): Service {
  if (files !== undefined) return files.service;
  if (wantsEcho === true) return withPatience(echo);
  return withPatience(send === undefined ? readOnly : sendText(send));
}

const sendFailureText = (error: Error): Text => {
  const hint = error instanceof RawshakeError ? error.hints : { en: '', zh: '' };
  const { en, zh } = messagesOf(error);
  return { en: `${en}. ${hint.en}`.trimEnd(), zh: `${zh}。${hint.zh}` };
};

const answeringText = (where: readonly string[]): Text => ({
  en: `answering SYNs to ${where.join(', ')} by hand; Ctrl-C ends it`,
  zh: `正在手工应答发往 ${where.join('、')} 的 SYN；按 Ctrl-C 结束`,
});

/** tcp_v4_rcv(): no socket, tcp_v4_send_reset(). */
const UNFILTERED: Text = {
  en: "--filter none: this host's kernel has no socket there and resets each connection, unless a rule of yours drops its RSTs",
  zh: '--filter none：本机内核在该端口没有套接字，会重置每个连接，除非您自己的规则丢弃其 RST',
};

const linkGoneText = (link: string): Text => ({
  en: `the link ${link} is gone: nothing more is heard by it, nor by a new one of that name. Start listen again once there is one.`,
  zh: `接口 ${link} 已不存在：不再能从它收到任何数据，同名的新接口也不例外。待接口恢复后，请重新启动 listen。`,
});

const LEFT_OUT = (count: number): Text => ({
  en: `${String(count)} lines are left out: nobody read them in time`,
  zh: `有 ${String(count)} 行未输出：没有被及时读取`,
});

/** One line per connection, once it is known how it ended. */
function tell(connection: RawConnection, lines: Lines, log: RequestLog, options: Options): void {
  const at = new Date();
  whenEnded(connection, (end) => {
    const requests = options.http === undefined ? undefined : log.of(connection);
    if (options.json === true)
      lines.write(
        jsonText(
          serviceJson(connection, end, { at, ...(requests !== undefined && { requests }) }, languageOf(options)),
        ),
      );
    else lines.write(serviceText(connection, end)[languageOf(options)]);
  });
}
