/** `rawshake compare`: the main job. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import type { Language } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { isReplaced, type RemedyNotRun } from '../evidence/not-run.js';
import { asExpected, type HandshakeRun, type RemedyId } from '../evidence/run.js';
import { ADDRESSES, CLIENT_PORT } from '../lab/addresses.js';
import { compare } from '../lab/compare.js';
import { REMEDIES, REMEDY_IDS } from '../lab/remedies/index.js';
import { USER_RULE } from '../lab/remedies/user-rules.js';
import { DEFAULT_MARK } from '../filter/plan.js';
import { requireLinux } from '../linux/libc/platform.js';
import type { TransportChoice } from '../linux/port/transport.js';
import { isRootless } from '../linux/namespace/user-namespace.js';
import { comparePcapng } from '../report/compare-pcapng.js';
import { compareMermaid } from '../report/ladder-mermaid.js';
import { compareSteps, compareText } from '../report/compare-text.js';
import { compareHtml } from '../report/html/compare-page.js';
import { compareJson } from '../report/json.js';
import { missingFromAny } from '../evidence/missing.js';
import { insteadWords, kernelMissing, say, STEP_KEYS } from '../report/words.js';
import { listOf, port } from './arguments.js';
import { exitCodeOfRuns } from './exit-code.js';
import { writeFile, writeFiles } from './file.js';
import { interruptible } from './interrupt.js';
import { languageOf, note, printJson, printText, viewOf } from './output.js';
import { withLab } from './rootless.js';
import { readRuleset, withRules } from './ruleset.js';
import { requireTerminal, stepThrough } from './step.js';
import { htmlOption, jsonOption, mermaidOption, languageOption, withLadderOptions } from './view-options.js';
import { exampleText, told } from './told.js';

interface Options {
  readonly remedy?: readonly RemedyId[];
  readonly rule?: readonly string[];
  readonly ruleset?: string;
  readonly role: EndName;
  readonly family: '4' | '6' | 'both';
  readonly port: number;
  readonly data: string;
  readonly transport: TransportChoice;
  readonly step?: boolean;
  readonly pcap?: string;
  readonly html?: string;
  readonly mermaid?: string;
  readonly json?: boolean;
  readonly lang?: Language;
}

export const compareCommand = (): Command =>
  withRules(withLadderOptions(new Command('compare')), { en: 'as one more run', zh: '另作一次运行' })
    .description(
      told({
        en: 'make one handshake by hand for each remedy, in a private lab, and show what became of it',
        zh: '在私有实验环境中，对每种办法各手工完成一次握手，并显示结果',
      }),
    )
    .addOption(
      new Option(
        '--remedy <list>',
        told({
          en: `what is done about the kernel's RST: ${REMEDY_IDS.join(', ')}, or all (default: none,iptables; with rules of your own none)`,
          zh: `如何对付内核的 RST：${REMEDY_IDS.join('、')}，或 all（默认：none,iptables；给出自己的规则时为 none）`,
        }),
      ).argParser(listOf(REMEDY_IDS)),
    )
    .addOption(
      new Option('--role <side>', told({ en: 'which side is made by hand', zh: '手工实现哪一方' }))
        .choices(['client', 'server'])
        .default('client'),
    )
    .addOption(
      new Option('--family <family>', told({ en: 'IP version', zh: 'IP 版本' }))
        .choices(['4', '6', 'both'])
        .default('4'),
    )
    .option('--port <n>', told({ en: 'port of the real listener', zh: '真实监听套接字的端口' }), port, 8888)
    .option(
      '--data <text>',
      told({ en: 'what the client sends once connected', zh: '连接后客户端发送的内容' }),
      'hello',
    )
    .addOption(
      new Option('--transport <name>', told({ en: 'how packets get out', zh: '报文发出的方式' }))
        .choices(['auto', 'raw-socket', 'libc', 'packet'])
        .default('auto'),
    )
    .option(
      '--step',
      told({
        en: 'go through the finished runs, a packet for each key, with the socket tables in between',
        zh: '逐步查看已完成的运行：每按一键显示一个包，其间显示套接字表',
      }),
    )
    .option('--pcap <file>', told({ en: 'write all packets to a pcapng file', zh: '把全部报文写入 pcapng 文件' }))
    .addOption(htmlOption())
    .addOption(mermaidOption())
    .addOption(jsonOption())
    .addOption(languageOption())
    .addHelpText('after', examples())
    .action(run);

const { client, server } = ADDRESSES;

const examples = (): string =>
  exampleText(
    'rawshake compare --family both --pcap handshakes.pcapng',
    "rawshake compare --rule '-A OUTPUT -p tcp --tcp-flags RST RST -j DROP'",
    `rawshake compare --transport packet --rule '-A INPUT -p tcp --dport ${String(CLIENT_PORT)} -j DROP'`,
    "rawshake compare --rule 'nft add table inet mine' \\",
    `  --rule "nft add chain inet mine output '{ type filter hook output priority raw; }'" \\`,
    "  --rule 'nft add rule inet mine output tcp flags rst drop'",
  ) +
  told({
    en: `
In the lab, for rules: the client is ${client[4]} or ${client[6]}, port ${String(CLIENT_PORT)};
the server ${server[4]} or ${server[6]}, port 8888 (--port). The mark of rawshake's socket is 0x${DEFAULT_MARK.toString(16)}.
A rule that names no program is loaded by iptables for IPv4, by ip6tables for IPv6.
`,
    zh: `
实验环境中，写规则时可用：客户端为 ${client[4]} 或 ${client[6]}，端口 ${String(CLIENT_PORT)}；
服务器为 ${server[4]} 或 ${server[6]}，端口 8888（--port）。rawshake 套接字的标记为 0x${DEFAULT_MARK.toString(16)}。
未指明程序的规则，IPv4 由 iptables 加载，IPv6 由 ip6tables 加载。
`,
  });

async function run(options: Options): Promise<void> {
  requireLinux();
  if (options.step === true) requireTerminal(options.json === true);
  const notRun: RemedyNotRun[] = [];
  const play = (signal: AbortSignal) =>
    compare({
      onNotRun: (remedy) => notRun.push(remedy),
      ...(options.remedy !== undefined && { remedies: options.remedy }),
      ...(options.rule !== undefined && { rules: options.rule }),
      ...(options.ruleset !== undefined && { ruleset: readRuleset(options.ruleset) }),
      role: options.role,
      families: options.family === 'both' ? [4, 6] : [options.family === '4' ? 4 : 6],
      serverPort: options.port,
      data: options.data,
      transport: options.transport,
      closely: options.step === true,
      signal,
    });
  const runs = await withLab('compare', options, play, (all) =>
    kernelMissing(missingFromAny(all.map(({ missing }) => missing))),
  );
  const replaced = notRun.find(isReplaced);
  if (replaced?.instead !== undefined) note(say(insteadWords(replaced.reason, replaced.instead), languageOf(options)));
  const context = { kernel: release().replace(/-.*$/, ''), rootless: isRootless() };
  const view = viewOf(options);
  const lost = notRun.filter((remedy) => !isReplaced(remedy));
  process.exitCode = exitCodeOfRuns([
    ...runs.map((run) => ({ ok: asExpected(run) })),
    ...lost.map((why) => ({ ok: false, notRun: why })),
  ]);
  if (options.json === true) printJson(compareJson(runs, context, view.language, notRun));
  else if (options.step !== true) printText(compareText(runs, remedyOf, context, view, lost));
  const { pcap, mermaid, html } = options;
  const writes = [
    ...(pcap === undefined ? [] : [() => writeFile(pcap, () => comparePcapng(runs))]),
    ...(mermaid === undefined
      ? []
      : [() => writeFile(mermaid, () => compareMermaid(runs, remedyOf, mermaid, view.language))]),
    ...(html === undefined
      ? []
      : [() => writeFile(html, () => compareHtml(runs, remedyOf, { ...context, ...view }, lost))]),
  ];
  await writeFiles('compare', writes, options);
  if (options.step === true) {
    // Last, for it may be left at any time.
    const pieces = compareSteps(runs, remedyOf, context, view, lost);
    await interruptible('compare', (signal) => stepThrough(pieces, say(STEP_KEYS, view.language), signal));
  }
}

const remedyOf = ({ remedy }: HandshakeRun) => (remedy === 'rule' ? USER_RULE : REMEDIES[remedy]);
