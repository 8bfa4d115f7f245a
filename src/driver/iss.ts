/** Initial sequence numbers that an outsider cannot guess and that grow with time. RFC 6528 §3. */
import { createHash, randomBytes } from 'node:crypto';
import { type Seq, seq } from '../wire/seq.js';
import type { Flow } from '../wire/flow.js';

const secret = randomBytes(16);

/** ISN = M + F(four-tuple, secret): a clock of 4 µs ticks plus a hash of the connection. */
export function initialSequenceNumber(flow: Flow, nowMs: number): Seq {
  const hash = createHash('sha256').update(secret).update(JSON.stringify(flow)).digest();
  return seq(Math.floor(nowMs * 250) + hash.readUInt32BE());
}
