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
import { compareText } from '../report/compare-text.js';
import { compareJson } from '../report/json.js';
import { kernelMissing } from '../report/words.js';
import { listOf, port } from './arguments.js';
import { EXIT } from './exit-code.js';
import { writeFile } from './file.js';
import { interruptible } from './interrupt.js';
import { printJson, printText, viewOf } from './output.js';

import { withLab } from './rootless.js';

interface Options {
  readonly remedy: readonly RemedyId[];
  readonly role: HostName;
  readonly family: '4' | '6' | 'both';
  readonly port: number;
  readonly data: string;
  readonly transport: TransportChoice;
  readonly pcap?: string;
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
    .option('--pcap <file>', 'write all packets to a pcapng file')
    .option('--json', 'print one JSON document')
    .addOption(new Option('--lang <language>', 'language of the explanations').choices(['en', 'zh']))
    .addHelpText('after', '\nExample:\n  rawshake compare --family both --pcap handshakes.pcapng\n')
    .action(run);

async function run(options: Options): Promise<void> {
  requireLinux();
  const play = () =>
    interruptible((signal) =>
      compare({
        remedies: options.remedy,
        role: options.role,
        families: options.family === 'both' ? [4, 6] : [options.family === '4' ? 4 : 6],
        serverPort: options.port,
        data: options.data,
        transport: options.transport,
        signal,
      }),
    );
  const runs = await withLab(options, play, ([first]) => kernelMissing(first?.kernelMissing ?? []));
  if (options.pcap !== undefined) writeFile(options.pcap, comparePcapng(runs));
  const context = { kernel: release().replace(/-.*$/, ''), rootless: isRootless() };
  if (options.json === true) printJson(compareJson(runs, context));
  else printText(compareText(runs, remedyOf, context, viewOf(options)));
  process.exitCode = runs.every(asExpected) ? EXIT.asExpected : EXIT.notAsExpected;
}

const remedyOf = (run: HandshakeRun) => REMEDIES[run.remedy];
