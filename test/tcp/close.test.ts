/** Closing: from either side, at once, from within; and what comes after. RFC 9293 §3.6. */
import { describe, expect, test } from 'vitest';
import { LINUX_OFFER, mayReplace } from '../../src/tcp/index.js';
import { Scene, segment } from './scene.js';

const delivered = (said: readonly string[]): string =>
  said.flatMap((line) => /^deliver (.*)$/.exec(line)?.slice(1) ?? []).join('');

describe('closing first', () => {
  test('established: CLOSE sends FIN, and goes by fin-wait-2 to time-wait, which ends after 2 MSL', () => {
    const scene = Scene.established().closes();
    expect(scene.sent()).toEqual(['F. 1:1(0) ack 1 win 10000']);
    expect(scene.receives('. 1:1(0) ack 2').said()).toEqual(['FIN_WAIT2']);
    expect(scene.receives('F. 1:1(0) ack 2').said()).toEqual(['peer-closed', 'TIME_WAIT', 'ended closed']);
    expect(scene.due).toBe(60_000);
    expect(scene.waits(60_000).said()).toEqual(['CLOSE']);
    expect(scene.due).toBeUndefined();
  });

  test('established: FIN follows what is queued, on the last segment', () => {
    const scene = Scene.established().writes(1200).closes();
    expect(scene.sent()).toEqual([
      '. 1:1001(1000) ack 1 win 10000',
      'P. 1001:1201(200) ack 1 win 10000',
      'F. 1201:1201(0) ack 1 win 10000',
    ]);
    const held = Scene.established({}, 'S. 0:0(0) ack 1 win 1000 <mss 1000>').writes(1200).closes();
    expect(held.state).toBe('FIN_WAIT1');
    held.actions();
    expect(held.receives('. 1:1(0) ack 1001 win 1000').sent()).toEqual(['FP. 1001:1201(200) ack 1 win 10000']);
  });

  test('fin-wait-1: the ACK of the data alone does not leave it', () => {
    const scene = Scene.established().writes(5).closes().receives('. 1:1(0) ack 6');
    expect(scene.state).toBe('FIN_WAIT1');
  });

  test('fin-wait-1: FIN with the ACK of ours goes through fin-wait-2 to time-wait', () => {
    const scene = Scene.established().closes();
    scene.actions();
    scene.receives('F. 1:1(0) ack 2');
    expect(scene.said()).toEqual(['FIN_WAIT2', 'peer-closed', 'TIME_WAIT', 'ended closed']);
  });

  test('fin-wait-2: text is still delivered, and acknowledged', () => {
    const scene = Scene.established().closes().receives('. 1:1(0) ack 2');
    scene.actions();
    expect(scene.receives('P. 1:4(3) ack 2').said()).toEqual(['deliver abc']);
  });

  test('fin-wait-2: a limit, where one is given, ends the wait', () => {
    const scene = Scene.established({ finWait2Ms: 5000 }).closes().receives('. 1:1(0) ack 2');
    scene.actions();
    expect(scene.waits(5000).said()).toEqual(['CLOSE', 'ended timed-out']);
    expect(Scene.established().closes().receives('. 1:1(0) ack 2').due).toBeUndefined();
  });

  test('fin-wait-1: CLOSE and SEND come too late', () => {
    const scene = Scene.established().closes();
    scene.actions();
    expect(scene.closes().writes(3).said()).toEqual(['drop: closed twice', 'drop: written after CLOSE']);
  });
});

describe('closing second', () => {
  test('established: FIN enters close-wait, CLOSE last-ack, and the ACK ends it', () => {
    const scene = Scene.established().receives('F. 1:1(0) ack 1');
    expect(scene.sent()).toEqual(['. 1:1(0) ack 2 win 9999']);
    expect(scene.state).toBe('CLOSE_WAIT');
    expect(scene.closes().sent()).toEqual(['F. 1:1(0) ack 2 win 9999']);
    expect(scene.state).toBe('LAST_ACK');
    expect(scene.receives('. 2:2(0) ack 2').said()).toEqual(['acknowledged'].slice(1).concat('CLOSE', 'ended closed'));
  });

  test('close-wait: data still goes out', () => {
    const scene = Scene.established().receives('F. 1:1(0) ack 1');
    scene.actions();
    expect(scene.writes(3).sent()).toEqual(['P. 1:4(3) ack 2 win 9999']);
  });

  test('established: FIN beyond a gap waits for what is missing', () => {
    const scene = Scene.established().receives('FP. 4:6(2) ack 1');
    expect(scene.state).toBe('ESTABLISHED');
    scene.actions();
    expect(scene.receives('. 1:4(3) ack 1').said()).toEqual(['deliver abc', 'deliver de', 'peer-closed', 'CLOSE_WAIT']);
  });

  test('established: text behind a FIN that waits is not kept', () => {
    const scene = Scene.established().receives('F. 4:4(0) ack 1', '. 5:9(4) ack 1', '. 1:4(3) ack 1');
    expect(scene.said()).toEqual(['drop: no room for its text', 'deliver abc', 'peer-closed', 'CLOSE_WAIT']);
  });

  // As a kernel's socket has it: anybody can forge a FIN that lies in the window.
  test.each([
    ['in order', ['F. 4:4(0) ack 1', '. 1:9(8) ack 1']],
    ['in order, two pieces', ['F. 4:4(0) ack 1', '. 1:3(2) ack 1', '. 3:9(6) ack 1']],
    ['out of order', ['F. 4:4(0) ack 1', '. 3:9(6) ack 1', '. 1:3(2) ack 1']],
    ['before the FIN', ['. 3:9(6) ack 1', 'F. 4:4(0) ack 1', '. 1:3(2) ack 1']],
  ])('established: text that goes on behind a FIN that waits shows that it was no end: %s', (_, segments) => {
    const scene = Scene.established().receives(...segments);
    expect(delivered(scene.said())).toBe('abcdefgh');
    expect(scene.state).toBe('ESTABLISHED');
    expect(scene.receives('F. 9:9(0) ack 1').state).toBe('CLOSE_WAIT');
  });

  test('established: of two FINs the lower one counts', () => {
    const scene = Scene.established().receives('F. 9:9(0) ack 1', 'F. 4:4(0) ack 1', '. 1:4(3) ack 1');
    expect(scene.state).toBe('CLOSE_WAIT');
  });

  test('established: of two FINs the first one counts where it is the lower, and what was kept beyond it goes', () => {
    const scene = Scene.established().receives(
      '. 6:9(3) ack 1',
      'F. 4:4(0) ack 1',
      'F. 7:7(0) ack 1',
      '. 1:4(3) ack 1',
    );
    expect(scene.said()).toEqual(['deliver abc', 'peer-closed', 'CLOSE_WAIT']);
    expect(scene.tcb.reassembly.pieces).toEqual([]);
  });

  test('established: what was kept beyond a FIN goes when that arrives, and is told no more', () => {
    const scene = Scene.established({ sack: true }, 'S. 0:0(0) ack 1 <mss 1000,sackOK>');
    scene.receives('. 12:14(2) ack 1', '. 5:11(6) ack 1').actions();
    expect(scene.receives('F. 2:6(4) ack 1').sent().at(-1)).toBe('. 1:1(0) ack 1 win 10000 <nop,nop,sack 2:6>');
    expect(scene.receives('. 1:5(4) ack 1').said()).toEqual(['deliver abcd', 'deliver e', 'peer-closed', 'CLOSE_WAIT']);
  });

  test('close-wait: the FIN once more is acknowledged once more', () => {
    const scene = Scene.established().receives('F. 1:1(0) ack 1');
    scene.actions();
    expect(scene.receives('F. 1:1(0) ack 1').sent()).toEqual(['. 1:1(0) ack 2 win 9999']);
  });
});

describe('closing at once', () => {
  test('fin-wait-1: FIN that does not acknowledge ours enters closing, the ACK time-wait', () => {
    const scene = Scene.established().closes();
    scene.actions();
    expect(scene.receives('F. 1:1(0) ack 1').sent()).toEqual(['. 2:2(0) ack 2 win 9999']);
    expect(scene.state).toBe('CLOSING');
    expect(scene.receives('. 2:2(0) ack 2').said()).toEqual(['TIME_WAIT', 'ended closed']);
  });

  test('closing: our FIN is retransmitted', () => {
    const scene = Scene.established().closes().receives('F. 1:1(0) ack 1');
    scene.actions();
    expect(scene.waits(1000).sent()[0]).toBe('F. 1:1(0) ack 2 win 9999');
  });
});

describe('time-wait', () => {
  const waiting = (options = {}): Scene => {
    const scene = Scene.established(options).closes().receives('F. 1:1(0) ack 2');
    scene.actions();
    return scene;
  };

  test('time-wait: FIN once more is acknowledged, and the 2 MSL begin anew', () => {
    const scene = waiting({ timeWaitMs: 1000 }).waits(900).receives('F. 1:1(0) ack 2');
    expect(scene.sent()).toEqual(['. 2:2(0) ack 2 win 9999']);
    expect(scene.due).toBe(1000);
  });

  test('time-wait: a FIN from anywhere does not make it longer', () => {
    expect(waiting({ timeWaitMs: 1000 }).waits(900).receives('F. -700:-700(0) ack 2').due).toBe(100);
  });

  test('time-wait: SYN is challenged', () => {
    expect(waiting().receives('S 90:90(0)').actions()).toMatchObject([
      { type: 'drop', clause: 'RFC 5961 §4.2' },
      { type: 'send', clause: 'RFC 5961 §4.2' },
    ]);
  });

  test('time-wait: RST at RCV.NXT ends it, ABORT too', () => {
    expect(waiting().receives('R 2:2(0)').said()).toEqual(['CLOSE']);
    expect(waiting().aborts().said()).toEqual(['CLOSE']);
  });

  test('time-wait: a newer SYN may take its place, by sequence number or by timestamp', () => {
    const { tcb } = waiting();
    expect(mayReplace(tcb, segment('S 3:3(0)'))).toBe(true);
    expect(mayReplace(tcb, segment('S 2:2(0)'))).toBe(false);
    expect(mayReplace(tcb, segment('S. 3:3(0) ack 1'))).toBe(false);
    const timed = Scene.established(LINUX_OFFER, 'S. 0:0(0) ack 1 <TS val 7 ecr 0>').closes();
    timed.receives('F. 1:1(0) ack 2 <TS val 7 ecr 0>');
    expect(mayReplace(timed.tcb, segment('S -9:-9(0) <TS val 8 ecr 0>'))).toBe(true);
    expect(mayReplace(timed.tcb, segment('S 9:9(0) <TS val 6 ecr 0>'))).toBe(false);
    expect(mayReplace(Scene.established().tcb, segment('S 9:9(0)'))).toBe(false);
  });
});

describe('abort', () => {
  test.each([
    ['established', Scene.established()],
    ['fin-wait-1', Scene.established().closes()],
    ['fin-wait-2', Scene.established().closes().receives('. 1:1(0) ack 2')],
    ['close-wait', Scene.established().receives('F. 1:1(0) ack 1')],
  ])('%s: ABORT sends RST at SND.NXT', (_, scene) => {
    const at = scene.tcb.sndNxt;
    scene.actions();
    const actions = scene.aborts().actions();
    expect(actions).toMatchObject([
      { type: 'send', segment: { seq: at, flags: 4 }, clause: 'RFC 9293 §3.10.5', retransmission: false },
      { type: 'state', to: 'CLOSE' },
      { type: 'ended', reason: 'aborted' },
    ]);
    expect(scene.due).toBeUndefined();
  });

  test.each([
    ['closing', Scene.established().closes().receives('F. 1:1(0) ack 1')],
    ['last-ack', Scene.established().receives('F. 1:1(0) ack 1').closes()],
  ])('%s: ABORT sends nothing', (_, scene) => {
    scene.actions();
    expect(scene.aborts().said()).toEqual(['CLOSE', 'ended aborted']);
  });

  test('last-ack: ABORT sends RST while the FIN has to wait behind queued bytes', () => {
    const scene = Scene.established({}, 'S. 0:0(0) ack 1 win 0').writes(3).receives('F. 1:1(0) ack 1 win 0').closes();
    expect(scene.state).toBe('LAST_ACK');
    scene.actions();
    expect(scene.aborts().sent()).toEqual(['R 1:1(0) win 0']);
  });

  test('established: RST does not stand beyond a closed window', () => {
    const scene = Scene.established({}, 'S. 0:0(0) ack 1 win 0').writes(3).waits(1000);
    scene.actions();
    expect(scene.aborts().sent()).toEqual(['R 1:1(0) win 0']);
  });

  test('close: calls have no connection, a segment gets a RST', () => {
    const scene = Scene.established().aborts();
    scene.actions();
    scene.writes(1).closes().aborts();
    expect(scene.said()).toEqual([
      'drop: written without a connection',
      'drop: closed without a connection',
      'drop: aborted without a connection',
    ]);
    expect(scene.receives('. 1:1(0) ack 9').sent()).toEqual(['R 9:9(0) win 0']);
  });
});
