/** Runs the engine against memory before it counts, so that the compiler has done its work when the first SYN goes out. */
import { RingReader, SLOT_BYTES } from '../linux/capture/packet-ring.js';
import { Engine, TURN_FRAMES } from './engine.js';
import { answerTo } from './memory-server.js';
import { Outbox, type Route } from './outbox.js';
import type { Plan } from './plan.js';

/** In each, enough for V8 to optimize the functions of a turn. */
const HANDSHAKES = 3000;
/** What was optimized for the first engine is thrown away at the second, whose objects have other hidden classes. */
const REHEARSALS = 3;

export function rehearse(plan: Plan, route: Route): void {
  for (let i = 0; i < REHEARSALS; i++) rehearseOnce(plan, route);
}

function rehearseOnce(plan: Plan, route: Route): void {
  const short: Plan = { ...plan, count: HANDSHAKES, window: 64, tuples: 1024, ratePerSecond: Infinity };
  const ring = new RingReader(new ArrayBuffer(1024 * SLOT_BYTES));
  const outbox = new Outbox(route, plan.payload, TURN_FRAMES);
  const engine = new Engine(short, ring, outbox, new Uint8Array(HANDSHAKES));
  while (!engine.done) {
    const now = performance.now();
    engine.turn(now, now);
    for (const frame of outbox.frames()) {
      const answer = answerTo(frame, plan.close === 'server');
      if (answer !== undefined) ring.write(answer, now);
    }
    outbox.clear();
  }
}
