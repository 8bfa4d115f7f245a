/** The command line: each command parses options, calls the library, and hands the result to report/. */
import { Command, CommanderError } from 'commander';
import { RawshakeError } from '../error.js';
import { layOutForAmbiguousWidth } from '../report/text-width.js';
import { EXIT } from './exit-code.js';
import { type LazyCommands, loadCommands } from './lazy-commands.js';
import { withHelp } from './help.js';
import { reportError } from './output.js';
import { refuseSameFile } from './same-file.js';
import { neverWaitForTerminals } from './terminal.js';
import { languageOfArguments } from './early.js';
import { exampleText, tellIn, told } from './told.js';
import { usageText } from './usage-text.js';
import { version } from './version.js';
import type { LadderOptions } from './view-options.js';

const COMMANDS: LazyCommands = {
  compare: async () => (await import('./compare.js')).compareCommand(),
  run: async () => (await import('./run.js')).runCommand(),
  watch: async () => (await import('./watch.js')).watchCommand(),
  connect: async () => (await import('./connect.js')).connectCommand(),
  probe: async () => (await import('./probe.js')).probeCommand(),
  listen: async () => (await import('./listen.js')).listenCommand(),
  build: async () => (await import('./build.js')).buildCommand(),
  dissect: async () => (await import('./dissect.js')).dissectCommand(),
  filter: async () => (await import('./filter.js')).filterCommand(),
  lab: async (rest) => (await import('./lab.js')).labCommand(rest),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
  setup: async () => (await import('./setup.js')).setupCommand(),
};

/** Runs the command that is named. Sets `process.exitCode`; never exits. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  neverWaitForTerminals();
  tellIn(isForPrograms(argv) ? 'en' : languageOfArguments(argv));
  const program = await programOf(argv);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    report(error, argv, program);
  }
}

/** Messages in JSON are English; a help is for people. */
const isForPrograms = (argv: readonly string[]): boolean =>
  argv.includes('--json') && !argv.includes('--help') && !argv.includes('-h');

/** With the command that is named; with all of them, and all that these have, where none is. */
export async function programOf(argv: readonly string[]): Promise<Command> {
  const program = new Command('rawshake')
    .description(
      told({
        en: 'TCP handshakes made by hand over raw sockets, and the proof of why a raw socket alone fails',
        zh: '用原始套接字手工完成 TCP 握手，并证明为什么单靠原始套接字不行',
      }),
    )
    .version(version(), '-V, --version', told({ en: 'output the version number', zh: '显示版本号' }))
    .addHelpText(
      'after',
      exampleText(
        `rawshake compare     ${told({ en: 'one handshake, without and with the RST filter', zh: '同一次握手，不加和加上 RST 过滤器' })}`,
      ),
    );
  for (const command of await loadCommands(COMMANDS, argv)) program.addCommand(command);
  program.hook('preAction', async (_, command) => {
    const { ambiguousWidth }: LadderOptions = command.opts();
    if (ambiguousWidth === '2') await layOutForAmbiguousWidth(2);
    refuseSameFile(command.opts());
  });
  // Commander does not hand these down to commands that were added whole.
  for (const command of withSubcommands(program))
    withHelp(command)
      .exitOverride()
      .configureOutput({ outputError: () => undefined });
  return program;
}

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];

function report(error: unknown, argv: readonly string[], program: Command): void {
  const options = { json: argv.includes('--json'), lang: languageOfArguments(argv) };
  if (!(error instanceof CommanderError)) {
    reportError(error, options);
    return;
  }
  if (error.exitCode === EXIT.asExpected) return; // --help
  if (error.code === 'commander.help') {
    process.exitCode = EXIT.usage; // no command was named: the help is on stderr
    return;
  }
  const usage = ['rawshake', ...namedCommands(argv, program), '--help'].join(' ');
  reportError(
    new RawshakeError('RS_USAGE', usageText(error), {
      cause: error,
      hint: { en: `See: ${usage}`, zh: `请看：${usage}` },
    }),
    options,
  );
}

/** The command that was named, and its subcommand. */
function namedCommands([word, ...rest]: readonly string[], within: Command): string[] {
  const command = within.commands.find((known) => known.name() === word);
  return command === undefined ? [] : [command.name(), ...namedCommands(rest, command)];
}
