/** `rawshake compare`: the main job. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import { type Language, RawshakeError } from '../error.js';
import type { HostName } from '../evidence/host.js';
import { isReplaced, type RemedyNotRun } from '../evidence/not-run.js';
import { asExpected, type HandshakeRun, type RemedyId } from '../evidence/run.js';
import { ADDRESSES, CLIENT_PORT } from '../lab/addresses.js';
import { readTextFile } from '../linux/file/text-file.js';
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
import { requireTerminal, stepThrough } from './step.js';
import { languageOption, withLadderOptions } from './view-options.js';

interface Options {
  readonly remedy?: readonly RemedyId[];
  readonly rule?: readonly string[];
  readonly ruleset?: string;
  readonly role: HostName;
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
  withLadderOptions(new Command('compare'))
    .description('make one handshake by hand for each remedy, in a private lab, and show what became of it')
    .addOption(
      new Option(
        '--remedy <list>',
        `what is done about the kernel's RST: ${REMEDY_IDS.join(', ')}, or all (default: none,iptables; with rules of your own none)`,
      ).argParser(listOf(REMEDY_IDS)),
    )
    .addOption(
      new Option(
        '--rule <arguments>',
        "a rule of your own, as one more run, loaded in the lab only: iptables' arguments, or nft add …; may be repeated",
      ).argParser((text: string, before?: readonly string[]) => [...(before ?? []), text]),
    )
    .option('--ruleset <file>', 'the same from a file, of nft -f or of iptables-save; loaded before any --rule')
    .addOption(
      new Option('--role <side>', 'which side is made by hand').choices(['client', 'server']).default('client'),
    )
    .addOption(new Option('--family <family>', 'IP version').choices(['4', '6', 'both']).default('4'))
    .option('--port <n>', 'port of the real listener', port, 8888)
    .option('--data <text>', 'what the client sends once connected', 'hello')
    .addOption(
      new Option('--transport <name>', 'how packets get out')
        .choices(['auto', 'raw-socket', 'libc', 'packet'])
        .default('auto'),
    )
    .option('--step', 'go through the finished runs, a packet for each key, with the socket tables in between')
    .option('--pcap <file>', 'write all packets to a pcapng file')
    .option('--html <file>', 'write a report with every packet in detail, for a browser')
    .option('--mermaid <file>', 'write sequence diagrams: FILE.md for one each, other names for one of all')
    .option('--json', 'print one JSON document')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(run);

const { client, server } = ADDRESSES;

const EXAMPLES = `
Example:
  rawshake compare --family both --pcap handshakes.pcapng
  rawshake compare --rule '-A OUTPUT -p tcp --tcp-flags RST RST -j DROP'
  rawshake compare --transport packet --rule '-A INPUT -p tcp --dport ${String(CLIENT_PORT)} -j DROP'
  rawshake compare --rule 'nft add table inet mine' \\
    --rule "nft add chain inet mine output '{ type filter hook output priority raw; }'" \\
    --rule 'nft add rule inet mine output tcp flags rst drop'

In the lab, for rules: the client is ${client[4]} or ${client[6]}, port ${String(CLIENT_PORT)};
the server ${server[4]} or ${server[6]}, port 8888 (--port). The mark of rawshake's socket is 0x${DEFAULT_MARK.toString(16)}.
A rule that names no program is loaded by iptables for IPv4, by ip6tables for IPv6.
`;

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
    kernelMissing(missingFromAny(all.map((run) => run.kernelMissing))),
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

/** As large as anybody's rules. */
const MOST_RULES_BYTES = 256 * 1024;

function readRuleset(name: string): { readonly name: string; readonly text: string } {
  const read = readTextFile(name, { mostBytes: MOST_RULES_BYTES });
  if (read.ok) return { name, text: read.value };
  throw new RawshakeError('RS_FILE', `${name}: ${read.error.en}`, {
    hint: {
      en: 'Give a file of rules, as nft -f or iptables-restore takes it.',
      zh: `${read.error.zh}。请给出 nft -f 或 iptables-restore 所用的规则文件。`,
    },
  });
}
