/** Starts guards and talks to them: each a detached process that outlives this one just long enough to remove its rule. */
import { readSync, rmSync, writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { RawshakeError, Text } from '../../error.js';
import { type Argv, behind } from '../../filter/argv.js';
import type { Hold, RuleCommands } from '../../filter/ports.js';
import { FILTER } from '../../filter/flow.js';
import { shellLine } from '../../filter/shell.js';
import { commandFailed, notStarted } from './command.js';
import { CANNOT_FORK, type GuardProcess, leaveGuard, startGuard, whyNoGuard } from './guard-process.js';
import { GUARD_SCRIPT } from './guard-script.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { waitReadable } from '../libc/wait-readable.js';
import { wake } from './wake.js';

export interface GuardOptions {
  readonly netns?: NetworkNamespace | undefined;
  /** Asked before each addition. */
  tidy(): Tidy;
  readonly environment: NodeJS.ProcessEnv;
  /** Removes the rule, quicker than the guard does; whether that was done. */
  removeRule(): boolean;
  /** Deletes the table that the guard has emptied; whether that was done. */
  deleteTable(): boolean;
  /** Whether it is known that the rule is not there. */
  isAbsent(): boolean;
  /** The journal's entry, which goes with the rule, and stays where that is not known to be gone. */
  readonly entry: string | undefined;
  /** Writes that entry, before the rule is added. */
  note(): void;
}

/** nftables' name of the family whose raw table is to be removed again if it was not there; empty: leave it. */
export type Tidy = 'ip' | 'ip6' | '';

type Mode = 'hold' | 'add' | 'remove';
const ANSWERS = ['ready', 'failed', 'removed', 'emptied', 'kept'] as const;
type Answer = (typeof ANSWERS)[number];

interface Answers {
  /** undefined: it has ended without one. */
  readonly answer: Answer | undefined;
  /** What it wrote before. */
  readonly said: string;
}

/** However busy the processors are, a rule is to go as soon as its program has. An ordinary user may not ask for that. */
function hurry(pid: number): void {
  try {
    setPriority(pid, PRIORITY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
  }
}

const PRIORITY = -10;

/** A running guard: a line to it, whose end is our death or `close`, and its answers. */
class Guard {
  readonly #process: GuardProcess;
  /** As a person types it. */
  readonly #removal: Argv;
  #unread = '';

  constructor(mode: Mode, { add, remove }: RuleCommands, options: GuardOptions) {
    const tidy = options.tidy();
    const words = [mode, tidy, options.entry ?? '', String(add.length), ...add, ...remove];
    const started = startGuard('rawshake-guard', GUARD_SCRIPT, words, options);
    const { pid } = started.child;
    if (pid === undefined) {
      leaveGuard(started);
      if (mode === 'hold') forget(options); // there is no rule
      throw whyNoGuard();
    }
    hurry(pid);
    [this.#process, this.#removal] = [started, behind(options.netns?.enter ?? [], remove)];
  }

  /** Waits for its next answer. */
  answer(): Answers {
    const lines: string[] = [];
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const answer = ANSWERS.find((word) => word === line);
      if (answer !== undefined) return { answer, said: lines.join('\n') };
      lines.push(line);
    }
    return { answer: undefined, said: lines.join('\n') };
  }

  #line(): string | undefined {
    const chunk = new Uint8Array(4096);
    for (;;) {
      const end = this.#unread.indexOf('\n');
      if (end >= 0) {
        const line = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end + 1);
        return line;
      }
      waitReadable(this.#process.output, {
        what: FILTER,
        hint: unanswered(this.#removal),
        onInterrupted: () => {
          wake(this.#process.child);
        },
      });
      const length = readSync(this.#process.output, chunk);
      if (length === 0) return undefined;
      this.#unread += Buffer.from(chunk.subarray(0, length)).toString();
    }
  }

  /** Whether there was somebody to hear it. */
  say(word: `again ${Tidy}` | 'remove' | 'removed' | 'finished' | 'keep'): boolean {
    try {
      writeSync(this.#process.input, `${word}\n`);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false;
      throw error;
    }
  }

  /**
   * Reads what became of the removal, and takes over what is left to do; the guard waits for it. False where the guard has
   * ended without a word.
   */
  removed(command: Argv, options: GuardOptions): boolean {
    const { answer, said } = this.answer();
    if (answer === undefined) return false;
    if (answer === 'emptied' && options.deleteTable()) this.say('finished');
    const removed = answer === 'removed' || answer === 'emptied';
    if (!removed && !options.isAbsent()) throw failed(command, said);
    forget(options);
    return true;
  }

  /** It ends by itself, as it would if this process did. */
  close(): void {
    leaveGuard(this.#process);
  }
}

/** Where it has not answered, nobody knows whether it has added or removed its rule. */
const unanswered = (removal: Argv): Text => ({
  en: `The guard of the rule has not answered: it removes it when it can. To see to it yourself: ${shellLine(removal)}`,
  zh: `规则的守护进程没有应答，它会在可以时移除规则。如需自行移除：${shellLine(removal)}`,
});

function forget({ entry }: GuardOptions): void {
  if (entry !== undefined) rmSync(entry, { force: true });
}

/** What the guard said of it; nothing, where somebody has killed the guard. */
function failed(command: Argv, said: string): RawshakeError {
  if (said !== CANNOT_FORK) return commandFailed(command, said === '' ? 'killed' : said, 1);
  return notStarted(command[0], Object.assign(new Error('fork: EAGAIN'), { code: 'EAGAIN', syscall: 'fork' }));
}

/** Adds a rule that stays. */
export function addUnguarded(rule: RuleCommands, options: GuardOptions): void {
  const guard = new Guard('add', rule, options);
  try {
    const { answer, said } = guard.answer();
    if (answer !== 'ready') throw failed(rule.add, said);
    guard.say('keep');
  } finally {
    guard.close();
  }
}

/** Removes a rule that no guard holds. */
export function removeUnguarded(rule: RuleCommands, options: GuardOptions): void {
  const guard = new Guard('remove', rule, options);
  try {
    if (!guard.removed(rule.remove, options)) throw failed(rule.remove, '');
  } finally {
    guard.close();
  }
}

/** Adds the rule, in the charge of a guard. */
export function holdByGuard(rule: RuleCommands, options: GuardOptions): Hold {
  const guard = new Guard('hold', rule, options);
  let listing: string | undefined;
  const added = (): void => {
    const { answer, said } = guard.answer();
    if (answer === 'failed') forget(options);
    if (answer !== 'ready') throw failed(rule.add, said);
    listing = said === '' ? undefined : said;
  };
  try {
    added();
  } catch (error) {
    guard.close();
    throw error;
  }
  return {
    takeListing() {
      const taken = listing;
      listing = undefined;
      return taken;
    },
    restore() {
      options.note();
      guard.say(`again ${options.tidy()}`);
      added();
      options.note(); // a rawshake that has removed the rule removes its entry behind it, which may be only now
    },
    close() {
      let removed: boolean;
      try {
        removed = options.removeRule();
        if (removed) {
          forget(options);
          guard.say('removed');
        } else removed = guard.say('remove') && guard.removed(rule.remove, options);
      } finally {
        guard.close();
      }
      if (!removed) removeUnguarded(rule, options); // somebody has killed the guard
    },
  };
}
