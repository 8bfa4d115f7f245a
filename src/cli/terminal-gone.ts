/**
 * The end of a program whose terminal has hung up: it may have been on its way for some other reason, or have undone what it
 * did because of that. Needs no other file, as it is to be there before any is loaded.
 */
import { isatty } from 'node:tty';

/**
 * Has the process die of SIGHUP, as it would have if it had not listened, where a terminal that it has now is gone at its end:
 * Node.js gives each its former modes back then (ResetStdio in src/node.cc), and aborts where it cannot, with a core file of
 * all that root knows.
 */
export function dieWithTerminal(): void {
  const terminals = [0, 1, 2].filter(isatty);
  process.on('exit', () => {
    if (terminals.every(isatty)) return;
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  });
}
