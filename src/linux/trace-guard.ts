/**
 * The guard of a trace instance: a shell of its own that makes the instance, and removes it when the process that started
 * it says so or is gone. What takes the kernel a grace period, some 20 ms for the clock and 70 for the removal, so costs
 * nobody any time.
 */
import { readSync, rmdirSync, writeSync } from 'node:fs';
import type { Text } from '../error.js';
import type { TraceWrite } from '../evidence/trace/plan.js';
import { type GuardProcess, leaveGuard, startGuard, whyNoGuard } from './guard-process.js';
import { waitReadable } from './wait-readable.js';
import { wake } from './wake.js';

/** `guard INSTANCE ABANDONED FILE TEXT FILE TEXT…`; ABANDONED: instances to be removed too, a line each. */
const SCRIPT = `
trap '' HUP INT TERM PIPE
instance=$1 abandoned=$2
shift 2

remove() { # a reader that is about to close it keeps it busy
  tries=0
  until rmdir "$1" || [ ! -d "$1" ] || [ $tries -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.01 || sleep 1
  done
}
remove_abandoned() { printf %s "$abandoned" | while read -r name; do remove "$name"; done; }

make() {
  mkdir "$instance" || return
  while [ $# -gt 0 ]; do
    printf %s "$2" >"$instance/$1" || return
    shift 2
  done
}
trap '[ ! -d "$instance" ] || exec rmdir "$instance"' EXIT

patiently 0 make "$@"
if [ $status = 0 ]; then echo ready; else printf '%s\\nfailed\\n' "$output"; fi
read -r word || :
patiently 100 remove "$instance"
[ -z "$abandoned" ] || patiently 100 remove_abandoned
`;

export class TraceGuard {
  readonly #process: GuardProcess;

  constructor(
    readonly instance: string,
    abandoned: readonly string[],
    writes: readonly TraceWrite[],
  ) {
    const words = [instance, abandoned.map((name) => `${name}\n`).join(''), ...writes.flat()];
    this.#process = startGuard('rawshake-trace-guard', SCRIPT, words);
  }

  /** Waits until it traces: undefined. Else what went wrong. */
  failure(): string | undefined {
    let said = '';
    const chunk = new Uint8Array(4096);
    for (;;) {
      waitReadable(this.#process.output, {
        what: 'trace',
        hint: this.#unanswered(),
        onInterrupted: () => {
          wake(this.#process.child);
        },
      });
      const length = readSync(this.#process.output, chunk);
      said += Buffer.from(chunk.subarray(0, length)).toString();
      if (said.endsWith('ready\n')) return undefined;
      if (this.#process.child.pid === undefined) return whyNoGuard().message;
      if (length === 0 || said.endsWith('failed\n'))
        return said.replace(/\n?failed\n$/, '').trim() || 'sh: ended at once';
    }
  }

  /** Where the guard has not answered, nobody knows what it has made. */
  #unanswered(): Text {
    return {
      en: `The guard of the trace has not answered: it removes it when it can, or the next run does: ${this.instance}`,
      zh: `跟踪的守护进程没有应答，它会在可以时移除跟踪实例，否则由下次运行移除：${this.instance}`,
    };
  }

  /** Has the instance removed, of which nothing may be open any more; does not wait for it. */
  close(): void {
    try {
      writeSync(this.#process.input, 'remove\n');
    } catch {
      removeNow(this.instance); // somebody has killed the guard
    } finally {
      leaveGuard(this.#process);
    }
  }
}

function removeNow(instance: string): void {
  try {
    rmdirSync(instance);
  } catch {
    // It was never made, or the next start finds it.
  }
}
