/** `rawshake compare`: the main job. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import type { Language } from '../error.js';
import type { HostName } from '../evidence/host.js';
import { asExpected, type HandshakeRun, type RemedyId } from '../evidence/run.js';
import { compare } from '../lab/compare.js';
import { REMEDIES, REMEDY_IDS } from '../lab/remedies/index.js';
import { requireLinux } from '../linux/platform.js';
import type { TransportChoice } from '../linux/transport.js';
import { isRootless } from '../linux/user-namespace.js';
import { comparePcapng } from '../report/compare-pcapng.js';
import { compareMermaid } from '../report/compare-mermaid.js';
import { compareSteps, compareText } from '../report/compare-text.js';
import { compareJson } from '../report/json.js';
import { say, STEP_KEYS } from '../report/words.js';
import { listOf, port } from './arguments.js';
import { EXIT } from './exit-code.js';
import { writeFile } from './file.js';
import { interruptible } from './interrupt.js';
import { languageOf, printJson, printText, viewOf } from './output.js';
import { withLab } from './rootless.js';
import { requireTerminal, stepThrough } from './step.js';

interface Options {
  readonly remedy: readonly RemedyId[];
  readonly role: HostName;
  readonly family: '4' | '6' | 'both';
  readonly port: number;
  readonly data: string;
  readonly transport: TransportChoice;
  readonly step?: boolean;
  readonly pcap?: string;
  readonly mermaid?: string;
  readonly json?: boolean;
  readonly lang?: Language;
}

export const compareCommand = (): Command =>
  new Command('compare')
    .description('make one handshake by hand for each remedy, in a private lab, and show what became of it')
    .addOption(
      new Option('--remedy <list>', `what is done about the kernel's RST: ${REMEDY_IDS.join(', ')}, or all`)
        .argParser(listOf(REMEDY_IDS))
        .default(['none', 'iptables'], 'none,iptables'),
    )
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
    .option('--mermaid <file>', 'write sequence diagrams: FILE.md for one each, other names for one of all')
    .option('--json', 'print one JSON document')
    .addOption(new Option('--lang <language>', 'language of the explanations').choices(['en', 'zh']))
    .addHelpText('after', '\nExample:\n  rawshake compare --family both --pcap handshakes.pcapng\n')
    .action(run);

async function run(options: Options): Promise<void> {
  requireLinux();
  if (options.step === true) requireTerminal(options.json === true);
  const runs = await withLab(options, () =>
    interruptible((signal) =>
      compare({
        remedies: options.remedy,
        role: options.role,
        families: options.family === 'both' ? [4, 6] : [options.family === '4' ? 4 : 6],
        serverPort: options.port,
        data: options.data,
        transport: options.transport,
        closely: options.step === true,
        signal,
      }),
    ),
  );
  if (options.pcap !== undefined) writeFile(options.pcap, comparePcapng(runs));
  if (options.mermaid !== undefined) {
    writeFile(options.mermaid, compareMermaid(runs, remedyOf, options.mermaid, languageOf(options)));
  }
  const context = { kernel: release().replace(/-.*$/, ''), rootless: isRootless() };
  process.exitCode = runs.every(asExpected) ? EXIT.asExpected : EXIT.notAsExpected;
  if (options.step === true) {
    const view = viewOf(options);
    const pieces = compareSteps(runs, remedyOf, context, view);
    await interruptible((signal) => stepThrough(pieces, say(STEP_KEYS, view.language), signal));
  } else if (options.json === true) printJson(compareJson(runs, context));
  else printText(compareText(runs, remedyOf, context, viewOf(options)));
}

const remedyOf = (run: HandshakeRun) => REMEDIES[run.remedy];
