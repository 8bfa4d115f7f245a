/** The command line: each command parses options, calls the library, and hands the result to report/. */
import { Command, CommanderError } from 'commander';
import { RawshakeError } from '../error.js';
import { EXIT } from './exit-code.js';
import { type LazyCommands, loadCommands } from './lazy-commands.js';
import { reportError } from './output.js';
import { refuseSameFile } from './same-file.js';
import { neverWaitForTerminals } from './terminal.js';
import { version } from './version.js';

const COMMANDS: LazyCommands = {
  compare: async () => (await import('./compare.js')).compareCommand(),
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
  const program = new Command('rawshake')
    .description('TCP handshakes made by hand over raw sockets, and the proof of why a raw socket alone fails')
    .version(version())
    .addHelpText('after', '\nExample:\n  rawshake compare     one handshake, without and with the RST filter\n');
  for (const command of await loadCommands(COMMANDS, argv)) program.addCommand(command);
  program.hook('preAction', (_, command) => {
    refuseSameFile(command.opts());
  });
  // Commander does not hand these down to commands that were added whole.
  for (const command of withSubcommands(program))
    command.exitOverride().configureOutput({ outputError: () => undefined });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    report(error, argv, program);
  }
}

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];

function report(error: unknown, argv: readonly string[], program: Command): void {
  const json = argv.includes('--json');
  const lang = (['en', 'zh'] as const).find((language) => argv.join(' ').includes(`--lang ${language}`));
  const options = { json, ...(lang !== undefined && { lang }) };
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
    new RawshakeError('RS_USAGE', usageMessage(error), {
      cause: error,
      hint: { en: `See: ${usage}`, zh: `请看：${usage}` },
    }),
    options,
  );
}

/** In one line, with what it takes for meant. */
const usageMessage = ({ message }: CommanderError): string =>
  `usage: ${message
    .replace(/^error: /, '')
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*?)'\. /s, "<$2> cannot be '$1': ")
    .replace(/\n(\(Did you mean [^\n]*\))$/, ' $1')}`;

/** The command that was named, and its subcommand. */
function namedCommands([word, ...rest]: readonly string[], within: Command): string[] {
  const command = within.commands.find((known) => known.name() === word);
  return command === undefined ? [] : [command.name(), ...namedCommands(rest, command)];
}
