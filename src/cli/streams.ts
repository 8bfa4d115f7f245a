/**
 * Standard output and standard error, whoever writes there: all of it is taken, or the program says that it was not and
 * ends with a status of its own, as gnulib's close_stdout() has it. Where nobody reads any more, nothing is to be said.
 */
import { fstatSync, writeSync } from 'node:fs';
import { languageOfArguments } from './early.js';
import { EXIT } from './exit-code.js';

/** To be called once, before anything is written. */
export function seeToStreams(): void {
  for (const [fd, stream] of [process.stdout, process.stderr].entries()) {
    const ours = stream as NodeJS.WriteStream;
    if (!ours.isTTY && isFile(fd + 1)) ours._write = wholly(fd + 1);
    // Each write hears of its error, too; without a listener the process would end where a reader goes, such as `head`.
    ours.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') fail(ours === process.stdout, error);
    });
  }
}

/** Not a pipe or a socket, which libuv sees to. */
function isFile(fd: number): boolean {
  const stats = fstatSync(fd);
  return stats.isFile() || stats.isCharacterDevice() || stats.isBlockDevice();
}

type Write = NodeJS.WriteStream['_write'];

/** write(2) may take a part, of a disk that is nearly full, and says why only when it is asked again; Node asks once. */
const wholly =
  (fd: number): Write =>
  (chunk: Buffer, _encoding, callback) => {
    try {
      for (let rest = chunk; rest.length > 0;) rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      callback(error as Error);
      return;
    }
    callback();
  };

let failed = false;

function fail(isOutput: boolean, { code, message }: NodeJS.ErrnoException): void {
  if (failed) return;
  failed = true;
  // Whatever else comes of the command, what it wrote is not whole.
  process.on('exit', (status) => {
    if (status !== EXIT.interrupted) process.exitCode = EXIT.usage;
  });
  if (!isOutput) return;
  const why = code ?? message;
  const [said, hint] = {
    en: [`standard output: cannot be written (${why})`, 'Write to another place.'],
    zh: [`标准输出：无法写入（${why}）`, '请写到别处。'],
  }[languageOfArguments(process.argv)];
  process.stderr.write(`rawshake: ${said}\nhint: ${hint}\n`);
}
