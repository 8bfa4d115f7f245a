/** The command line: each command parses options, calls the library, and hands the result to report/. */
import { Command, CommanderError } from 'commander';
import { RawshakeError } from '../error.js';
import { EXIT } from './exit-code.js';
import { reportError } from './output.js';
import { version } from './version.js';

/** In the order of the help. A command's module, and all that it needs, is loaded only where it is asked for. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  compare: async () => (await import('./compare.js')).compareCommand(),
  connect: async () => (await import('./connect.js')).connectCommand(),
  probe: async () => (await import('./probe.js')).probeCommand(),
  listen: async () => (await import('./listen.js')).listenCommand(),
  build: async () => (await import('./build.js')).buildCommand(),
  dissect: async () => (await import('./dissect.js')).dissectCommand(),
  filter: async () => (await import('./filter.js')).filterCommand(),
  lab: async () => (await import('./lab.js')).labCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
};

/** The command that is named, none for `--version`; all of them for the help, and to say what is known. */
async function commandsFor([first = '']: readonly string[]): Promise<readonly Command[]> {
  if (first === '--version' || first === '-V') return [];
  const named = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  return Promise.all((named === undefined ? Object.values(COMMANDS) : [named]).map((load) => load()));
}

/** Runs the program with the arguments behind its name. Sets `process.exitCode`; never exits. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('rawshake')
    .description('TCP handshakes made by hand over raw sockets, and the proof of why a raw socket alone fails')
    .version(version())
    .showSuggestionAfterError(false)
    .addHelpText('after', '\nExample:\n  rawshake compare     one handshake, without and with the RST filter\n');
  for (const command of await commandsFor(argv)) program.addCommand(command);
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
  if (error.exitCode === EXIT.asExpected) return; // --help and --version
  if (error.code === 'commander.help') {
    process.exitCode = EXIT.usage; // no command was named: the help is on stderr
    return;
  }
  const [known] = program.commands.filter((command) => command.name() === argv[0]).map((command) => command.name());
  const usage = ['rawshake', ...(known === undefined ? [] : [known]), '--help'].join(' ');
  reportError(
    new RawshakeError('RS_USAGE', `usage: ${error.message.replace(/^error: /, '')}`, {
      cause: error,
      hint: { en: `See: ${usage}`, zh: `请看：${usage}` },
    }),
    options,
  );
}
