/** `rawshake lab shell`: a lab to stand in, as long as its shell lives. */
import { Argument, Command, Option } from 'commander';
import type { HostName } from '../evidence/host.js';
import { shellLine } from '../filter/shell.js';
import { createLab, type Lab } from '../lab/lab.js';
import type { LabHost } from '../lab/host.js';
import { endProcessesIn } from '../linux/namespace-processes.js';
import { requireLinux } from '../linux/platform.js';
import { runShell } from '../linux/shell.js';
import { nsenterArgv } from '../linux/user-namespace.js';
import { labShellText } from '../report/lab-shell-text.js';
import { EXIT } from './exit-code.js';
import { type CommonOptions, languageOf, note, printText } from './output.js';
import { rerunIfRefused } from './rootless.js';

export const labShellCommand = (): Command =>
  new Command('shell')
    .description('open a shell in one host of a lab; the lab is gone when the shell ends')
    .addArgument(new Argument('[host]', 'where').choices(['client', 'server']).default('client'))
    .addOption(new Option('--lang <language>', 'language of the explanations').choices(['en', 'zh']))
    .addHelpText('after', '\nExample:\n  rawshake lab shell server\n')
    .action(run);

async function run(name: HostName, options: CommonOptions): Promise<void> {
  requireLinux();
  const lab = openLab();
  try {
    printText(
      labShellText(name, { client: hostWords(lab.client), server: hostWords(lab.server) }, languageOf(options)),
    );
    const interrupted = await runShell(lab[name].netns, { prompt: `lab:${name}` });
    const ended = await endProcessesIn([lab.client.netns, lab.server.netns]);
    if (ended > 0) note(ENDED(ended)[languageOf(options)]);
    // How the shell ended is its user's affair.
    process.exitCode = interrupted ? EXIT.interrupted : EXIT.asExpected;
  } finally {
    lab.close();
  }
}

/** In a user namespace, where root is refused. */
function openLab(): Lab {
  try {
    return createLab();
  } catch (error) {
    rerunIfRefused(error);
    throw error;
  }
}

const hostWords = (host: LabHost) => ({
  addresses: [host.address(4), host.address(6)],
  enter: shellLine(nsenterArgv(host.netns)),
});

const ENDED = (count: number) => ({
  en: `the lab is gone, and with it ${String(count)} program${count === 1 ? '' : 's'} that still ran in it`,
  zh: `实验室已撤除，其中仍在运行的 ${String(count)} 个程序也已结束`,
});
