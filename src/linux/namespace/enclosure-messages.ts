/** What an enclosure and the thread that stands in it say to one another. */

import type { PrivateRoot } from './private-root.js';

/** What it is started with. */
export interface EnclosureTask {
  /** The path of the network namespace. */
  readonly netns: string;
  /** What /etc/hosts is to be inside; undefined: what it is outside. */
  readonly hosts: string | undefined;
  /** What is to be seen of files inside; undefined: all that is outside. */
  readonly root: PrivateRoot | undefined;
  /** A descriptor of the lock that programs inside have for iptables. */
  readonly lock: number;
  /** Of its first process. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Becomes 1 when nothing runs in it any more. */
  readonly gone: Int32Array;
}

export interface StartRequest {
  readonly kind: 'start';
  readonly id: number;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Descriptors of this process; null: nothing. */
  readonly stdio: readonly (number | null)[];
}

export type EnclosureRequest =
  | StartRequest
  | { readonly kind: 'signal'; readonly id: number; readonly name: NodeJS.Signals }
  | { readonly kind: 'close' };

/** The step at which an enclosure could not be made. */
export type EnclosureStep = 'network' | 'mounts' | 'hosts' | 'root' | 'processes' | 'init';

/** An error of a system call, of which a message between threads would lose all but the words. */
export interface SentError {
  readonly code?: string | undefined;
  readonly syscall?: string | undefined;
  readonly message: string;
}

export type EnclosureAnswer =
  | { readonly kind: 'open'; readonly init: number; readonly thread: number; readonly procRefused: string | undefined }
  | { readonly kind: 'refused'; readonly step: EnclosureStep; readonly error: SentError }
  | { readonly kind: 'started'; readonly id: number; readonly pid: number }
  | { readonly kind: 'not-started'; readonly id: number; readonly error: SentError }
  | { readonly kind: 'ended'; readonly id: number; readonly status?: number; readonly signal?: NodeJS.Signals }
  | { readonly kind: 'gone' };
