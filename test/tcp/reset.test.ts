/** Resets and attacks: what is believed, what is challenged. RFC 9293 §3.5.2 and §3.5.3; RFC 5961. */
import { describe, expect, test } from 'vitest';
import { resetFor } from '../../src/tcp/index.js';
import { OUR_ISS, Scene, segment, THEIR_ISS } from './scene.js';

const STATES: readonly (readonly [name: string, scene: () => Scene])[] = [
  ['established', () => Scene.established()],
  ['fin-wait-1', () => Scene.established().closes()],
  ['fin-wait-2', () => Scene.established().closes().receives('. 1:1(0) ack 2')],
  ['close-wait', () => Scene.established().receives('F. 1:1(0) ack 1')],
  ['closing', () => Scene.established().closes().receives('F. 1:1(0) ack 1')],
  ['last-ack', () => Scene.established().receives('F. 1:1(0) ack 1').closes()],
];

/** A line at a distance from RCV.NXT. */
const at = (scene: Scene, letters: string, distance: number): string => {
  const n = String(((scene.tcb.rcvNxt - THEIR_ISS) | 0) + distance);
  const ack = letters.includes('.') ? ` ack ${String((scene.tcb.sndNxt - OUR_ISS) | 0)}` : '';
  return `${letters} ${n}:${n}(0)${ack}`;
};

describe.each(STATES)('%s', (name, make) => {
  const fresh = (): Scene => {
    const scene = make();
    scene.actions();
    return scene;
  };

  test(`${name}: RST at RCV.NXT resets`, () => {
    const scene = fresh();
    expect(scene.receives(at(scene, 'R', 0)).said()).toEqual(['CLOSE', 'ended reset']);
    expect(scene.due).toBeUndefined();
  });

  test(`${name}: RST elsewhere in the window is challenged`, () => {
    const scene = fresh();
    const { sndNxt: seq, rcvNxt: ack, state } = scene.tcb;
    expect(scene.receives(at(scene, 'R', 1)).actions()).toMatchObject([
      { type: 'drop', clause: 'RFC 5961 §3.2' },
      { type: 'send', segment: { seq, ack, flags: 0x10 }, clause: 'RFC 5961 §3.2' },
    ]);
    expect(scene.state).toBe(state);
  });

  test(`${name}: RST outside the window is dropped in silence`, () => {
    const scene = fresh();
    for (const distance of [-1, 10_001, 1 << 30]) {
      expect(scene.receives(at(scene, 'R', distance)).actions()).toMatchObject([{ type: 'drop' }]);
    }
  });

  test(`${name}: SYN is challenged, wherever it stands`, () => {
    const scene = fresh();
    const { state } = scene.tcb;
    for (const distance of [0, 5, -700_000]) expect(scene.receives(at(scene, 'S', distance)).sent()).toHaveLength(1);
    expect(scene.state).toBe(state);
  });

  test(`${name}: an ACK outside what can be true is challenged`, () => {
    const scene = fresh();
    const n = String((scene.tcb.rcvNxt - THEIR_ISS) | 0);
    for (const ack of ['900', '-8100']) {
      expect(scene.receives(`. ${n}:${n}(0) ack ${ack}`).actions()).toMatchObject([
        { type: 'drop', clause: 'RFC 5961 §5.2' },
        { type: 'send', clause: 'RFC 5961 §5.2' },
      ]);
    }
  });
});

test('established: ten challenges in five seconds are sent, no more', () => {
  const scene = Scene.established();
  for (let i = 0; i < 30; i++) scene.receives('R 5:5(0)');
  expect(scene.sent()).toHaveLength(10);
  scene.waits(5000);
  for (let i = 0; i < 30; i++) scene.receives('S 5:5(0)');
  expect(scene.sent()).toHaveLength(10);
});

test('established: old ACKs without text are answered no more often, text is', () => {
  const scene = Scene.established();
  for (let i = 0; i < 30; i++) scene.receives('. -5:-5(0) ack 1');
  expect(scene.sent()).toHaveLength(10);
  for (let i = 0; i < 30; i++) scene.receives('. -5:-4(1) ack 1');
  expect(scene.sent()).toHaveLength(30);
});

test('established: a SYN of a peer that has forgotten us is challenged, and its RST believed', () => {
  const scene = Scene.established();
  const answer = scene
    .receives('S 5000:5000(0) <mss 1000>')
    .actions()
    .find(({ type }) => type === 'send');
  // The peer in syn-sent answers our ACK with a RST at its ACK number.
  const reset = answer?.type === 'send' ? answer.segment.ack - THEIR_ISS : undefined;
  expect(reset).toBe(1);
  expect(scene.receives('R 1:1(0)').said()).toEqual(['CLOSE', 'ended reset']);
});

test('syn-sent: the ACK of a half-open peer is answered by the RST that it needs', () => {
  const scene = Scene.active();
  scene.actions();
  expect(scene.receives('. 700:700(0) ack 300').sent()).toEqual(['R 300:300(0) win 0']);
  expect(scene.state).toBe('SYN_SENT');
});

describe('resetFor', () => {
  test('a segment with ACK: RST at its ACK number', () => {
    expect(resetFor(segment('P. 7:10(3) ack 5', 0, 0))).toMatchObject({ seq: 5, ack: 0, flags: 0x04 });
  });

  test('a segment without: RST and ACK of all that it was long', () => {
    expect(resetFor(segment('SF 7:10(3)', 0, 0))).toMatchObject({ seq: 0, ack: 12, flags: 0x14, window: 0 });
  });

  test('a RST: nothing', () => {
    expect(resetFor(segment('R. 7:7(0) ack 1'))).toBeUndefined();
  });
});
