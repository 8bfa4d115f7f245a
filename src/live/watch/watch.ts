/** Watching a living host, or a container: findings one by one, of connections that failed and of RSTs. Nothing of it is changed. */
import { setTimeout as pause } from 'node:timers/promises';
import type { PassedFrame } from '../../linux/capture/turn-ring.js';
import { type NetworkNamespace, openNamespace } from '../../linux/namespace/netns.js';
import { requireLinux } from '../../linux/libc/platform.js';
import { Leases } from '../../linux/process/leases.js';
import type { WatchFinding, WatchSummary } from '../../diagnosis/watched/watch-finding.js';
import { Watcher } from './watcher.js';

export interface WatchOptions {
  /** A namespace that is open, the name that `ip netns` gave it, or the id of a process in it. Default: the one that one is in. */
  readonly netns?: NetworkNamespace | string | number | undefined;
  /** Only connections that have this port, or address, at either end. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  /** Every RST. Default: failed handshakes, and RSTs whose cause can be mended; equal ones once, and then at the tenth, the hundredth. */
  readonly all?: boolean;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Frames of SYNs, FINs (`all`) and RSTs as they passed; of each no more than its headers, unless `payload`. */
  readonly onFrame?: ((frame: PassedFrame, epochMs: number) => void) | undefined;
  readonly payload?: boolean;
}

/** To be read by `for await` once; it has begun by then. */
export interface Watch extends AsyncIterable<WatchFinding> {
  /** So far, and in the end. */
  readonly summary: WatchSummary;
  /** Ends it. Idempotent. */
  close(): void;
}

/** So often it is looked at what has passed. */
const EVERY_MS = 100;

/**
 * Begins to watch. With tracefs (root) it knows why a kernel has sent a RST, and whether a rule or a program has made it; without, packets
 * and look-ups tell, and `summary.missing` says what that leaves open.
 * @example
 * for await (const { id, meaning, advice } of watch({ netns: 'blue' })) console.log(id, meaning.en, advice);
 * @throws {RawshakeError} RS_NO_PRIVILEGE without CAP_NET_RAW; RS_USAGE where there is no such namespace
 */
export function watch(options: WatchOptions = {}): Watch {
  requireLinux();
  const { netns, port, host, all = false, payload = false, onFrame, signal } = options;
  const leases = new Leases();
  try {
    const inside =
      typeof netns === 'string' || typeof netns === 'number' ? leases.add(openNamespace(String(netns))) : netns;
    const watcher = leases.add(
      new Watcher({ netns: inside, port, host, all, fins: all, onFrame, mostBytes: payload ? 'payload' : 'headers' }),
    );
    return new RunningWatch(watcher, leases, signal);
  } catch (error) {
    leases.close();
    throw error;
  }
}

class RunningWatch implements Watch {
  readonly #ended = new AbortController();
  #summary: WatchSummary | undefined;

  constructor(
    private readonly watcher: Watcher,
    private readonly leases: Leases,
    private readonly signal: AbortSignal | undefined,
  ) {
    if (signal?.aborted === true) this.close();
    else signal?.addEventListener('abort', this.#end, { once: true });
  }

  get summary(): WatchSummary {
    return this.#summary ?? this.watcher.summary;
  }

  close(): void {
    this.#end();
    this.signal?.removeEventListener('abort', this.#end);
    if (this.#summary !== undefined) return;
    this.#summary = this.watcher.summary;
    this.leases.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchFinding, undefined> {
    try {
      while (this.#summary === undefined && !this.#ended.signal.aborted) {
        yield* this.watcher.poll();
        await pause(EVERY_MS, undefined, { signal: this.#ended.signal }).catch(() => undefined);
      }
      if (this.#summary === undefined) yield* this.watcher.poll();
    } finally {
      this.close();
    }
  }

  readonly #end = (): void => {
    this.#ended.abort();
  };
}
