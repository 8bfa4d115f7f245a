/**
 * The guard of trace instances: a shell of its own that makes them, and removes them when the process that started it says
 * so or is gone. What takes the kernel a grace period, some 20 ms for the clock and 70 for the removal, so costs
 * nobody any time.
 */
import { readSync, rmdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { about, type Text, verbatim } from '../../error.js';
import type { TraceWrite } from '../../evidence/trace/plan.js';
import { ownOwner } from '../../filter/owner.js';
import { createNamespace, type NetworkNamespace } from '../namespace/netns.js';
import { type GuardProcess, leaveGuard, startGuard, whyNoGuard } from '../process/guard-process.js';
import { isInitial } from '../process/pid-namespaces.js';
import { waitReadable } from '../libc/wait-readable.js';
import { wake } from '../process/wake.js';

/**
 * `guard INSTANCES ABANDONED FILE TEXT OTHERWISE FILE TEXT OTHERWISE…`; INSTANCES, ABANDONED: a line each, the latter to be
 * removed too. OTHERWISE is written where the kernel refuses TEXT; empty: nothing.
 */
const SCRIPT = `
trap '' HUP INT TERM PIPE USR1
instances=$1 abandoned=$2
shift 2

remove() { # a reader that is about to close it keeps it busy
  tries=0
  until rmdir "$1" || [ ! -d "$1" ] || [ $tries -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.01 || sleep 1
  done
}
remove_all() { printf %s "$1" | while read -r name; do remove "$name"; done; }

make() {
  printf %s "$instances" | while read -r name; do mkdir "$name" || exit; done || return
  while [ $# -gt 0 ]; do
    printf %s "$2" >"$1" || { [ -n "$3" ] && printf %s "$3" >"$1"; } || return
    shift 3
  done
}
# Where no process could be started to the end, the program that removes them takes the place of this one.
trap 'IFS="
"; for name in $instances; do [ ! -d "$name" ] || exec rmdir $instances; done 2>/dev/null' EXIT

patiently 0 make "$@"
if [ $status = 0 ]; then echo ready; else printf '%s\\nfailed\\n' "$output"; fi
read -r word || :
patiently 100 remove_all "$instances"
echo removed || : # nobody may be there any more to hear it
[ -z "$abandoned" ] || patiently 100 remove_all "$abandoned"
`;

export interface TraceInstance {
  readonly folder: string;
  readonly writes: readonly TraceWrite[];
}

/** As messages about it begin. */
const TRACE: Text = { en: 'trace', zh: '跟踪' };

export class TraceGuard {
  readonly #process: GuardProcess;

  constructor(
    readonly instances: readonly TraceInstance[],
    abandoned: readonly string[],
  ) {
    const words = [linesOf(instances.map(({ folder }) => folder)), linesOf(abandoned)];
    for (const { folder, writes } of instances)
      for (const { file, text, otherwise = '' } of writes) words.push(join(folder, file), text, otherwise);
    const outside = emptyNamespace();
    try {
      this.#process = startGuard('rawshake-trace-guard', SCRIPT, words, { netns: outside });
    } finally {
      outside?.close();
    }
  }

  /** Waits until it traces: undefined. Else what went wrong. */
  failure(): Text | undefined {
    let said = '';
    const chunk = new Uint8Array(4096);
    for (;;) {
      waitReadable(this.#process.output, {
        what: TRACE,
        hint: this.#unanswered(),
        onInterrupted: () => {
          wake(this.#process.child);
        },
      });
      const length = readSync(this.#process.output, chunk);
      said += Buffer.from(chunk.subarray(0, length)).toString();
      if (said.endsWith('ready\n')) return undefined;
      if (this.#process.child.pid === undefined) return whyNoGuard().messages;
      if (length === 0 || said.endsWith('failed\n')) return whyFailed(said.replace(/\n?failed\n$/, '').trim());
    }
  }

  /** Where the guard has not answered, nobody knows what it has made. */
  #unanswered(): Text {
    return {
      en: `The guard of the trace has not answered: it removes it when it can, or the next run does: ${this.#folders()}`,
      zh: `跟踪的守护进程没有应答，它会在可以时移除跟踪实例，否则由下次运行移除：${this.#folders()}`,
    };
  }

  #folders(): string {
    return this.instances.map(({ folder }) => folder).join(' ');
  }

  /**
   * Has the instances removed, of which nothing may be open any more. Waits for it only where the guard may not outlive this
   * process: in a container, which ends with its first process, and that with this one.
   */
  close(): void {
    try {
      writeSync(this.#process.input, 'remove\n');
      if (!isInitial(ownOwner().pidNamespace)) this.#awaitRemoval();
    } catch {
      for (const { folder } of this.instances) removeNow(folder); // somebody has killed the guard
    } finally {
      leaveGuard(this.#process);
    }
  }

  /** @throws {RawshakeError} RS_INTERRUPTED where a signal is to end the program, and it takes too long */
  #awaitRemoval(): void {
    const onInterrupted = (): void => {
      wake(this.#process.child);
    };
    onInterrupted();
    const chunk = new Uint8Array(4096);
    let said = '';
    do {
      waitReadable(this.#process.output, { what: TRACE, hint: this.#unanswered(), onInterrupted });
      const length = readSync(this.#process.output, chunk);
      if (length === 0) return;
      said += Buffer.from(chunk.subarray(0, length)).toString();
    } while (!said.endsWith('removed\n'));
  }
}

const linesOf = (names: readonly string[]): string => names.map((name) => `${name}\n`).join('');

/** For the guard alone, which lives as long: the end of a `lab shell` kills all that is in its lab's. */
function emptyNamespace(): NetworkNamespace | undefined {
  try {
    return createNamespace();
  } catch {
    return undefined;
  }
}

function removeNow(instance: string): void {
  try {
    rmdirSync(instance);
  } catch {
    // It was never made, or the next start finds it.
  }
}

const whyFailed = (said: string): Text =>
  said === '' ? about('sh', { en: 'ended at once', zh: '立即结束了' }) : verbatim(said);
