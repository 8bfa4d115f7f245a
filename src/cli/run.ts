/** `rawshake run -- PROGRAM`: somebody else's program, in a lab. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import { programFindings } from '../diagnosis/program-connections.js';
import { CURES, type CureId, OPPOSITES, type Opposite, type ProgramRun } from '../evidence/program-run.js';
import { RawshakeError } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { missingFromAny } from '../evidence/missing.js';
import { run as runProgram } from '../lab/run/run.js';
import type { RunOptions } from '../lab/run/options.js';
import { requireLinux } from '../linux/libc/platform.js';
import { isRootless } from '../linux/namespace/user-namespace.js';
import { experimentPcapng } from '../report/experiment-pcapng.js';
import { experimentsHtml } from '../report/html/experiment-page.js';
import { experimentsMermaid } from '../report/ladder-mermaid.js';
import { programExperiment } from '../report/program-experiment.js';
import { programJson } from '../report/program-json.js';
import { programText } from '../report/program-text.js';
import { kernelMissing } from '../report/words.js';
import { splitArguments } from '../filter/user-rule.js';
import { addressVersion } from '../wire/address.js';
import { port } from './arguments.js';
import { EXIT } from './exit-code.js';
import { writeFile, writeFiles } from './file.js';
import { type CommonOptions, printJson, printText, viewOf } from './output.js';
import { seconds } from './live-options.js';
import { withLab } from './rootless.js';
import { readRuleset, withRules } from './ruleset.js';
import { allTaken, neverWaitForTerminals } from './terminal.js';
import { exampleText, told } from './told.js';
import { usageError } from './usage.js';
import { htmlOption, jsonOption, languageOption, mermaidOption, withLadderOptions } from './view-options.js';

interface Options extends CommonOptions {
  readonly role: EndName;
  readonly peer?: Opposite;
  readonly serverRun?: string;
  readonly port: number;
  readonly family?: '4' | '6';
  readonly serverAddress?: string;
  readonly clientAddress?: string;
  readonly name?: readonly string[];
  readonly interface?: string;
  readonly fix?: true | CureId;
  readonly rule?: readonly string[];
  readonly ruleset?: string;
  readonly calls?: boolean;
  readonly timeout: number;
  readonly pcap?: string;
  readonly html?: string;
  readonly mermaid?: string;
}

export const runCommand = (): Command =>
  withRules(withLadderOptions(new Command('run')), { en: 'while the program runs', zh: '在程序运行期间生效' })
    .usage('[options] -- PROGRAM [ARGUMENTS...]')
    .description(
      told({
        en: 'run a program of yours in a private lab, opposite a real kernel, and show whose packets these are and why it fails',
        zh: '在私有实验环境中运行你的程序，对面是真实的内核；显示每个报文由谁发出，以及为什么失败',
      }),
    )
    .argument(
      '<program...>',
      told({
        en: "the program and its arguments, behind --; {client}, {server} and {port} in these are the lab's",
        zh: '程序及其参数，写在 -- 之后；其中的 {client}、{server}、{port} 代表实验环境中的值',
      }),
    )
    .addOption(
      new Option('--role <side>', told({ en: "the program's part", zh: '程序的角色' }))
        .choices(['client', 'server'])
        .default('client'),
    )
    .addOption(
      new Option(
        '--peer <what>',
        told({
          en: 'what the server does, where the program is the client (default: echo)',
          zh: '程序为客户端时，服务器做什么（默认 echo）',
        }),
      ).choices(OPPOSITES),
    )
    .option(
      '--server-run <program>',
      told({
        en: 'a second program as the server, in one word as a shell would split it',
        zh: '以第二个程序为服务器，写成一个参数，按 shell 的方式分词',
      }),
    )
    .option('--port <n>', told({ en: "the server's port", zh: '服务器的端口' }), port, 8888)
    .addOption(
      new Option(
        '--family <family>',
        told({ en: 'whose addresses {client} and {server} are', zh: '{client} 和 {server} 采用的 IP 版本' }),
      ).choices(['4', '6']),
    )
    .option(
      '--server-address <address[:port]>',
      told({
        en: 'the address that is written inside the program: any, for it exists in the lab alone',
        zh: '程序内部写死的地址：任意地址均可，它只存在于实验环境中',
      }),
    )
    .option(
      '--client-address <address>',
      told({ en: 'the same of the side that connects', zh: '同上，发起连接一方的地址' }),
    )
    .option(
      '--name <host>',
      told({
        en: "a name that stands for the server's address; may be repeated",
        zh: '代表服务器地址的名称；可重复给出',
      }),
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
    )
    .option('--interface <name>', told({ en: "what the program's link is called", zh: '程序所用接口的名称' }))
    .addOption(
      new Option(
        '--fix [cure]',
        told({
          en: `run it again behind a cure, and show both: ${CURES.join(', ')}`,
          zh: `加上对策再运行一次，并排显示：${CURES.join('、')}`,
        }),
      ).choices(CURES),
    )
    .option(
      '--calls',
      told({
        en: 'show its system calls about sockets, too, and those of what it starts (needs root)',
        zh: '同时显示它及其启动的程序与套接字有关的系统调用（需要 root）',
      }),
    )
    .option('--timeout <seconds>', told({ en: 'when the program is ended', zh: '多久之后终止程序' }), seconds, 60)
    .option(
      '--pcap <file>',
      told({
        en: 'write all packets of the last run to a pcapng file',
        zh: '把最后一次运行的全部报文写入 pcapng 文件',
      }),
    )
    .addOption(htmlOption())
    .addOption(mermaidOption())
    .addOption(jsonOption())
    .addOption(languageOption())
    .addHelpText(
      'after',
      exampleText(
        'rawshake run -- python3 client.py {server} {port}',
        'rawshake run --fix -- ./my-handshake {server} {port}',
        'rawshake run --server-address 198.51.100.7:80 --peer http -- curl http://198.51.100.7/',
        'rawshake run --role server --port 80 -- python3 server.py',
      ),
    )
    .action(run);

async function run([program, ...words]: readonly [string, ...string[]], options: Options): Promise<void> {
  requireLinux();
  const common = optionsOf([program, ...words], options);
  await allTaken(); // before the program writes
  const play = async (signal: AbortSignal): Promise<readonly ProgramRun[]> => {
    const first = await runProgram({ ...common, signal });
    if (options.fix === undefined || first.isInterrupted === true) return [first];
    return [first, await runProgram({ ...common, cure: options.fix === true ? 'owner' : options.fix, signal })];
  };
  const runs = await withLab('run', options, play, (all) =>
    kernelMissing(missingFromAny(all.map(({ missing }) => missing))),
  );
  neverWaitForTerminals();
  const context = { kernel: release().replace(/-.*$/, ''), rootless: isRootless() };
  const view = viewOf(options);
  const last = runs.at(-1);
  const isInterrupted = last?.isInterrupted === true;
  const isOk = last !== undefined && programFindings(last).ok;
  process.exitCode = isInterrupted ? EXIT.interrupted : isOk ? EXIT.asExpected : EXIT.notAsExpected;
  if (options.json === true) printJson(programJson(runs, context, view.language));
  else printText(programText(runs, context, view));
  const { pcap, html, mermaid } = options;
  const shown = runs.map(programExperiment);
  await writeFiles(
    'run',
    [
      ...(pcap === undefined || last === undefined ? [] : [() => writeFile(pcap, () => experimentPcapng(last))]),
      ...(html === undefined
        ? []
        : [() => writeFile(html, () => experimentsHtml(shown, { ...context, language: view.language }))]),
      ...(mermaid === undefined
        ? []
        : [() => writeFile(mermaid, () => experimentsMermaid(shown, { language: view.language, file: mermaid }))]),
    ],
    options,
  );
}

function optionsOf(argv: readonly [string, ...string[]], options: Options): RunOptions {
  if (options.role === 'server' && (options.serverRun !== undefined || options.peer !== undefined)) throw isTheServer();
  if (options.timeout === 0) throw noTime();
  const given = addressVersion(serverOf(options).address ?? options.clientAddress ?? '');
  if (options.family !== undefined && given !== undefined && String(given) !== options.family) throw otherFamily(given);
  const { rule, ruleset, family, name, clientAddress, serverRun } = options;
  const server = serverOf(options);
  return {
    ...{ argv, role: options.role },
    ...(options.peer !== undefined && { peer: options.peer }),
    ...(options.interface !== undefined && { interfaceName: options.interface }),
    port: server.port ?? options.port,
    ...(server.address !== undefined && { serverAddress: server.address }),
    ...(clientAddress !== undefined && { clientAddress }),
    ...(serverRun !== undefined && { serverArgv: wordsOf(serverRun) }),
    ...(family !== undefined && { family: family === '4' ? 4 : 6 }),
    ...(name !== undefined && { names: name }),
    ...(rule !== undefined && { rules: rule }),
    ...(ruleset !== undefined && { ruleset: readRuleset(ruleset) }),
    ...(options.calls === true && { calls: true }),
    timeoutMs: options.timeout * 1000,
    output: options.json === true ? 'stderr' : 'inherit',
  };
}

/** `192.0.2.2`, `192.0.2.2:80`, `2001:db8::2`, `[2001:db8::2]:80`. */
function serverOf({ serverAddress }: Options): { readonly address?: string; readonly port?: number } {
  if (serverAddress === undefined) return {};
  if (addressVersion(serverAddress) !== undefined) return { address: serverAddress };
  const [, bracketed, plain, number = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(serverAddress) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined || addressVersion(address) === undefined)
    throw usageError(
      {
        en: `--server-address ${serverAddress} is no address, nor one with a port`,
        zh: `--server-address ${serverAddress} 不是地址，也不是带端口的地址`,
      },
      {
        en: 'For example 198.51.100.7, 198.51.100.7:80 or [2001:db8::7]:80.',
        zh: '例如 198.51.100.7、198.51.100.7:80 或 [2001:db8::7]:80。',
      },
    );
  return { address, port: port(number) };
}

const isTheServer = (): RawshakeError =>
  usageError(
    {
      en: 'with --role server the program is the server: there is no --peer and no --server-run',
      zh: '--role server 表示程序自己是服务器，不能再给 --peer 或 --server-run',
    },
    { en: 'Leave out the one or the other.', zh: '请去掉其中之一。' },
  );

const otherFamily = (version: 4 | 6): RawshakeError =>
  usageError(
    { en: `the address that is given is of IPv${version}`, zh: `给出的地址属于 IPv${version}` },
    { en: `Leave out --family, or say --family ${version}.`, zh: `请去掉 --family，或改用 --family ${version}。` },
  );

const noTime = (): RawshakeError =>
  usageError(
    { en: '--timeout 0 leaves the program no time', zh: '--timeout 0 没有给程序留出时间' },
    { en: 'Give more, for example --timeout 5.', zh: '请给出更长的时间，例如 --timeout 5。' },
  );

/** As a shell would split them. */
function wordsIn(text: string): readonly string[] {
  try {
    return splitArguments(text);
  } catch (cause) {
    if (!(cause instanceof RawshakeError)) throw cause;
    throw usageError(
      { en: 'a quote in --server-run has no end', zh: '--server-run 中有引号没有结束' },
      { en: "For example --server-run 'nc -l {port}'.", zh: "例如 --server-run 'nc -l {port}'。" },
    );
  }
}

function wordsOf(text: string): [string, ...string[]] {
  const [program, ...words] = wordsIn(text);
  if (program === undefined)
    throw usageError(
      { en: '--server-run names no program', zh: '--server-run 没有给出程序' },
      { en: "For example --server-run 'nc -l {port}'.", zh: "例如 --server-run 'nc -l {port}'。" },
    );
  return [program, ...words];
}
