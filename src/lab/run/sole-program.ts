/**
 * Whether the program was alone: ids of processes are given out one after the other in the enclosure, so whoever gets the next but one
 * behind its own knows that neither process nor thread was made in between. Then all that a program has sent is its.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { RawshakeError } from '../../error.js';
import { monotonicNow } from '../../linux/libc/clock.js';
import type { Enclosure } from '../../linux/namespace/enclosure.js';
import type { EndName } from '../../evidence/host.js';
import type { Evidence } from '../../evidence/evidence.js';
import type { ObservedPacket, SendingProgram } from '../../evidence/packet.js';

/** How long the enclosure may take to say it: what still runs there may stop whoever is new. */
const MOST_ASKING_MS = 1000;

/** How long the enclosure's first process may take to start the one that it waits for, which takes an id, too. */
const MOST_SETTLING_MS = 1000;
const LOOK_EVERY_MS = 2;

/** Waits until that has its id: else the program would seem to have made it. Where the kernel does not tell (CONFIG_PROC_CHILDREN), not. */
export async function settled({ init }: Pick<Enclosure, 'init'>): Promise<void> {
  const until = monotonicNow() + MOST_SETTLING_MS;
  while (childrenOf(init) === '' && monotonicNow() < until) await delay(LOOK_EVERY_MS);
}

function childrenOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'latin1');
  } catch {
    return undefined;
  }
}

/** The id of a process that is made for that; undefined where the program, or what it left, keeps it from being told. */
export async function nextId(enclosure: Enclosure): Promise<number | undefined> {
  const late = new AbortController();
  try {
    return await Promise.race([ask(enclosure), delay(MOST_ASKING_MS, undefined, { signal: late.signal })]);
  } catch (error) {
    if (error instanceof RawshakeError) return undefined; // the program has taken away what it takes
    throw error;
  } finally {
    late.abort();
  }
}

async function ask(enclosure: Enclosure): Promise<number> {
  const asked = await enclosure.start(['sh', '-c', 'echo $$'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  asked.stdout?.on('data', (piece: Buffer) => (said = (said + piece.toString('latin1')).slice(0, 16)));
  await Promise.all([asked.ended, asked.stdout === undefined ? undefined : once(asked.stdout, 'close')]);
  return Number(said);
}

/** The evidence with this one for whatever a program has sent from `host` that nobody has found. */
export function sentBy<Seen extends Pick<Evidence, 'packets' | 'frames'>>(
  evidence: Seen,
  host: EndName,
  { pid, name }: Required<Pick<SendingProgram, 'pid' | 'name'>>,
): Seen {
  const named = <Sent extends Pick<ObservedPacket, 'from' | 'sender' | 'program'>>(sent: Sent): Sent =>
    sent.sender === 'program' && sent.from === host && sent.program?.pid === undefined
      ? { ...sent, program: { ...sent.program, pid, name } }
      : sent;
  return { ...evidence, packets: evidence.packets.map(named), frames: evidence.frames.map(named) };
}
