import { test } from 'vitest';
import { World, type Side } from './world.js';
const LINUX = { mss: 1460, window: 64240, windowShift: 7, sack: true, timestamps: { offset: 0 } };
const side = (open: Side['open'], bytes: number, o = {}): Side => ({ open, options: { iss: 1, ...LINUX, ...o }, bytes, pieceBytes: 65536, readDelayMs: 0 });
test('20%', () => {
  for (const minRtoMs of [10, 50, 200]) for (const loss of [0.01, 0.05, 0.2]) for (const seed of [1,2]) {
    const t0 = performance.now();
    const w = new World(seed, { loss, duplication: 0, reordering: 0, delayMs: 0.05, jitterMs: 0 }, [side('active', 1_000_000, { minRtoMs }), side('passive', 0)]);
    const [a, b] = w.run(2_000_000);
    console.log(minRtoMs, loss, a.reason, b.delivered, 'sim ms', Math.round(w.now - 60000), 'sent', a.sent, b.sent, 'cpu', Math.round(performance.now() - t0));
  }
}, 100000);
