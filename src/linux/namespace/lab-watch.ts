/**
 * Ends what runs in network namespaces when this process is gone, by whatever signal: a shell in a lab, and what it has
 * started, would otherwise live on and keep the lab up. A shell of its own waits for that. It stands in one of them: where
 * this process runs in the lab of another `lab shell`, the end of that one kills all that is there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { programEnvironment } from '../process/command.js';
import type { NetworkNamespace } from './netns.js';

/**
 * Holds each namespace open, so that its inode is no other's, and looks until nothing is left there, for what is being
 * ended may have started something meanwhile.
 */
const SCRIPT = `
trap '' HUP INT TERM PIPE USR1
exec 3<"$1" 4<"$2" || exit
read -r word
found=yes
while [ -n "$found" ]; do
  found=
  for process in /proc/[0-9]*; do
    [ "$process" != /proc/$$ ] || continue
    for thread in "$process"/task/*; do
      if [ "$thread/ns/net" -ef /proc/$$/fd/3 ] || [ "$thread/ns/net" -ef /proc/$$/fd/4 ]; then
        kill -KILL "\${process#/proc/}" 2>/dev/null && found=yes
        break
      fi
    done
  done
done
`;

/** Until `close`, which must come when nothing runs there any more. */
export class LabWatch {
  readonly #child: ChildProcess;

  constructor(one: NetworkNamespace, other: NetworkNamespace) {
    this.#child = one.run(() =>
      spawn('sh', ['-c', SCRIPT, 'rawshake-watch', one.path, other.path], {
        detached: true, // a session of its own: neither Ctrl-C nor a terminal that goes away reaches it
        cwd: '/',
        stdio: ['pipe', 'ignore', 'ignore'],
        env: programEnvironment(),
      }),
    );
    this.#child.on('error', () => undefined).unref(); // no `sh`, no shell to watch
  }

  /** Its process, which is one of those in the namespaces; undefined where there is none. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  close(): void {
    this.#child.kill('SIGKILL');
    this.#child.stdin?.destroy();
  }
}
