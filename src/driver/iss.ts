/**
 * What nobody outside can guess: initial sequence numbers that grow with time (RFC 6528 §3), where timestamps begin, and the
 * hash of SYN cookies.
 */
import * as crypto from 'node:crypto';
import type { KeyedHash } from '../tcp/index.js';
import { type Seq, seq } from '../wire/seq.js';
import type { Flow } from '../wire/flow.js';

const { createHash, randomBytes } = crypto;

const secret = randomBytes(16);

/** ISN = M + F(four-tuple, secret): a clock of 4 µs ticks plus a hash of the connection. */
export function initialSequenceNumber(flow: Flow, nowMs: number): Seq {
  return seq(Math.floor(nowMs * 250) + digestOf(flow).readUInt32BE());
}

/**
 * What a connection's timestamps are ahead of the clock, or anybody could read how long this host has been up. The same for the
 * same four-tuple, so that they grow from one connection of it to the next. RFC 7323 §7.1; Linux's secure_tcp_ts_off.
 */
export const timestampOffset = (flow: Flow): number => digestOf(flow).readUInt32BE(4);

const digestOf = (flow: Flow): Buffer => createHash('sha256').update(secret).update(JSON.stringify(flow)).digest();

/** In one call where Node.js has it, from 20.12 on. */
const sha256 = (message: Buffer): string =>
  'hash' in crypto
    ? // eslint-disable-next-line n/no-unsupported-features/node-builtins -- asked for just now
      crypto.hash('sha256', message, 'hex')
    : createHash('sha256').update(message).digest('hex');

const MOST_WORDS = 16;
const SECRET_BYTES = 32;

/**
 * A keyed hash with a secret of this process's. What is hashed has one length, the secret in front of it, so nothing can be
 * made of one hash to get at another. In one call, for a flood asks for it twice a packet: createHmac takes ten times as long.
 */
export function keyedHash(): KeyedHash {
  const message = Buffer.alloc(SECRET_BYTES + 1 + 4 * MOST_WORDS);
  randomBytes(SECRET_BYTES).copy(message);
  return (words) => {
    message[SECRET_BYTES] = words.length;
    words.forEach((word, i) => message.writeUInt32BE(word >>> 0, SECRET_BYTES + 1 + 4 * i));
    message.fill(0, SECRET_BYTES + 1 + 4 * words.length);
    return Number.parseInt(sha256(message).slice(0, 8), 16);
  };
}
