import { test } from 'vitest';
import { World, type Side } from './world.js';
const LINUX = { mss: 1460, window: 64240, windowShift: 7, sack: true, timestamps: { offset: 0 } };
const side = (open: Side['open'], bytes: number, o = {}): Side => ({ open, options: { iss: 1, ...LINUX, ...o }, bytes, pieceBytes: 65536, readDelayMs: 0 });
test('20%', () => {
    const w = new World(1, { loss:0.2, duplication: 0, reordering: 0, delayMs: 0.05, jitterMs: 0 }, [side('active', 1_000_000, { }), side('passive', 0)]);
    const carry = w.carry.bind(w); let n=0;
    w.carry = (from, s) => { if (n++ < 400) console.log('XX', JSON.stringify((w as any).sides?.()), w.now.toFixed(2), from, s.seq, s.payload.length, s.ack, s.flags, JSON.stringify((s.options.find(o=>o.kind==='timestamps') as any))); carry(from, s); };
    w.run(2_000_000);
}, 100000);
