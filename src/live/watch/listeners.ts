/** Who listens on a port of the host that is watched, and how full the queue is: looked up once in a while, for it costs a walk through /proc. */
import type { ListenerBeside } from '../../diagnosis/watched/case.js';
import { monotonicNow } from '../../linux/libc/clock.js';
import type { NetworkNamespace } from '../../linux/namespace/netns.js';
import { listenersOn } from '../../linux/netlink/port-holders.js';
import { ProcSearch } from '../../linux/process/proc-search.js';
import { socketPrograms } from '../../linux/process/socket-programs.js';

const VALID_MS = 1000;
const MOST_PORTS = 1024;

type Found = ReturnType<typeof listenersOn>;

interface AtPort {
  readonly atMs: number;
  readonly found: Found;
  named?: readonly ListenerBeside[];
}

export class Listeners {
  readonly #found = new Map<number, AtPort>();

  constructor(private readonly netns: NetworkNamespace | undefined) {}

  on(port: number): Found {
    return this.#at(port).found;
  }

  /** With their programs, where these can be found out. */
  beside(port: number): readonly ListenerBeside[] {
    const at = this.#at(port);
    return (at.named ??= named(at.found));
  }

  #at(port: number): AtPort {
    const now = monotonicNow();
    const known = this.#found.get(port);
    if (known !== undefined && now - known.atMs < VALID_MS) return known;
    if (this.#found.size >= MOST_PORTS) this.#found.clear();
    const at: AtPort = { atMs: now, found: listenersOn(port, this.netns) };
    this.#found.set(port, at);
    return at;
  }
}

function named(listeners: Found): readonly ListenerBeside[] {
  const inodes = listeners.map(({ inode }) => inode);
  const programs = inodes.length === 0 ? new Map<number, never>() : socketPrograms(inodes, new ProcSearch());
  return listeners.map(({ src, srcPort, inode }) => {
    const program = programs.get(inode);
    return {
      address: src,
      port: srcPort,
      ...(program !== undefined && { program: `${program.name}, pid ${program.pid}` }),
    };
  });
}
