/** The command line: each command parses options, calls the library, and hands the result to report/. */
import { Command, CommanderError } from 'commander';
import { RawshakeError } from '../error.js';
import { compareCommand } from './compare.js';
import { doctorCommand } from './doctor.js';
import { EXIT } from './exit-code.js';
import { reportError } from './output.js';
import { version } from './version.js';

/** Runs the program with the arguments behind its name. Sets `process.exitCode`; never exits. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('rawshake')
    .description('TCP handshakes made by hand over raw sockets, and the proof of why a raw socket alone fails')
    .version(version())
    .showSuggestionAfterError(false)
    .addCommand(compareCommand())
    .addCommand(doctorCommand())
    .addHelpText('after', '\nExample:\n  rawshake compare     one handshake, without and with the RST filter\n');
  // Commander does not hand these down to commands that were added whole.
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ outputError: () => undefined });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    report(error, argv, program);
  }
}

function report(error: unknown, argv: readonly string[], program: Command): void {
  const json = argv.includes('--json');
  if (!(error instanceof CommanderError)) {
    reportError(error, { json });
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
    { json },
  );
}
