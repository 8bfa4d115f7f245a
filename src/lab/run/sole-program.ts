/**
 * Whether the program was alone: ids of processes are given out one after the other in the enclosure, so whoever gets the next but one
 * behind its own knows that neither process nor thread was made in between. Then all that a program has sent is its.
 */
import type { Enclosure } from '../../linux/namespace/enclosure.js';
import type { EndName } from '../../evidence/host.js';
import type { Evidence } from '../../evidence/evidence.js';
import type { ObservedPacket, SendingProgram } from '../../evidence/packet.js';

/** The id that the next process of the enclosure gets, plus one: this one has it. */
export async function nextId(enclosure: Enclosure): Promise<number> {
  const asked = await enclosure.start(['sh', '-c', 'echo $$'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  for await (const piece of asked.stdout ?? []) said += String(piece);
  await asked.ended;
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
