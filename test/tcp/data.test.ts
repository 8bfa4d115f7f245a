/** Data both ways: in order, out of order, acknowledged, within the windows. RFC 9293 §3.8. */
import { describe, expect, test } from 'vitest';
import { LINUX_OFFER, missingBefore } from '../../src/tcp/index.js';
import { Scene } from './scene.js';

describe('sending', () => {
  test('established: what is written goes out with PSH, and its ACK is told', () => {
    const scene = Scene.established().writes(5);
    expect(scene.sent()).toEqual(['P. 1:6(5) ack 1 win 10000']);
    expect(scene.receives('. 1:1(0) ack 6').said()).toEqual(['acknowledged 5']);
    expect(scene.due).toBeUndefined();
  });

  test('established: much is cut into full segments, the last of them with PSH', () => {
    const scene = Scene.established().writes(2500);
    expect(scene.sent()).toEqual([
      '. 1:1001(1000) ack 1 win 10000',
      '. 1001:2001(1000) ack 1 win 10000',
      'P. 2001:2501(500) ack 1 win 10000',
    ]);
  });

  test('established: writes are joined into full segments where the window held them back', () => {
    const scene = Scene.established({}, 'S. 0:0(0) ack 1 win 1000 <mss 1000>').writes(1000).writes(300).writes(700);
    expect(scene.sent()).toEqual(['P. 1:1001(1000) ack 1 win 10000']);
    expect(scene.receives('. 1:1(0) ack 1001 win 1000').sent()).toEqual(['P. 1001:2001(1000) ack 1 win 10000']);
  });

  test('established: no more is sent than the other side offers', () => {
    const scene = Scene.established({}, 'S. 0:0(0) ack 1 win 2000 <mss 1000>').writes(5000);
    expect(scene.sent()).toHaveLength(2);
    expect(scene.receives('. 1:1(0) ack 1001 win 2000').sent()).toEqual(['. 2001:3001(1000) ack 1 win 10000']);
  });

  test('established: a window that would make a silly segment waits, one of half the largest is used', () => {
    const scene = (first: number): Scene =>
      Scene.established({}, 'S. 0:0(0) ack 1 win 800 <mss 1000>').writes(first).writes(3000);
    expect(scene(500).sent()).toEqual(['P. 1:501(500) ack 1 win 10000']);
    expect(scene(400).sent()).toEqual(['P. 1:401(400) ack 1 win 10000', '. 401:801(400) ack 1 win 10000']);
  });

  test('established: an old segment does not change the send window', () => {
    const scene = Scene.established().receives('P. 1:4(3) ack 1 win 5000', '. 1:1(0) ack 1 win 9');
    expect(scene.tcb.sndWnd).toBe(5000);
  });

  test('established: the send window is scaled, that of the SYN/ACK is not', () => {
    const scene = Scene.established(LINUX_OFFER, 'S. 0:0(0) ack 1 win 500 <wscale 4>');
    expect(scene.tcb.sndWnd).toBe(500);
    expect(scene.receives('. 1:1(0) ack 1 win 500').tcb.sndWnd).toBe(8000);
  });

  test('syn-received: so is that of the ACK, not that of the SYN', () => {
    const scene = Scene.accepted('S 0:0(0) win 100 <wscale 4>', LINUX_OFFER);
    expect(scene.tcb.sndWnd).toBe(100);
    expect(scene.receives('. 1:1(0) ack 1 win 100').tcb.sndWnd).toBe(1600);
  });

  test('established: many small writes and one large one give the same bytes', () => {
    const scene = Scene.established();
    for (let i = 0; i < 40; i++) scene.writes(7);
    expect(
      scene
        .receives('. 1:1(0) ack 141')
        .said()
        .filter((word) => word.startsWith('ack')),
    ).toEqual(['acknowledged 140']);
    scene.waits(300);
    expect(scene.sent()).toEqual(['P. 141:281(140) ack 1 win 10000']);
  });
});

describe('receiving', () => {
  test('established: text in order is delivered and acknowledged', () => {
    const scene = Scene.established().receives('P. 1:6(5) ack 1');
    expect(scene.actions()).toMatchObject([
      { type: 'deliver', clause: 'RFC 9293 §3.10.7.4' },
      { type: 'send', segment: { flags: 0x10 }, clause: 'RFC 9293 §3.8.6.3' },
    ]);
  });

  test('established: text beyond a gap is kept, the gap acknowledged at once, and all delivered when it is filled', () => {
    const scene = Scene.established();
    expect(scene.receives('. 4:7(3) ack 1').sent()).toEqual(['. 1:1(0) ack 1 win 10000']);
    expect(scene.receives('. 1:4(3) ack 1').said()).toEqual(['deliver abc', 'deliver def']);
    expect(scene.tcb.reassembly.pieces).toEqual([]);
  });

  test('established: overlapping segments deliver every byte once', () => {
    const scene = Scene.established().receives(
      '. 6:9(3) ack 1',
      '. 3:7(4) ack 1',
      '. 8:12(4) ack 1',
      '. 2:12(10) ack 1',
      '. 0:4(4) ack 1',
    );
    expect(scene.said().join('').replaceAll('deliver ', '')).toBe('abcdefghijk');
  });

  test('established: where overlapping bytes differ, those that came first stay', () => {
    const scene = Scene.established().receives('. 3:5(2) ack 1');
    const late = scene.tcb.rcvNxt;
    scene.happens({
      type: 'segment',
      segment: {
        seq: late,
        ack: scene.tcb.sndUna,
        flags: 0x10,
        window: 8000,
        options: [],
        payload: new Uint8Array(3).fill(63),
      },
    });
    expect(scene.said()).toEqual(['deliver ???', 'deliver d']);
  });

  test('established: what is missing is all that lies between, up to a FIN', () => {
    const scene = Scene.established().receives('. 11:21(10) ack 1', '. 31:36(5) ack 1');
    expect(missingBefore(scene.tcb)).toEqual({ bytes: 20, fin: false });
    expect(missingBefore(scene.receives('F. 40:42(2) ack 1').tcb)).toEqual({ bytes: 24, fin: true });
    expect(missingBefore(scene.receives('. 1:11(10) ack 1', '. 21:31(10) ack 1').tcb)).toEqual({ bytes: 4, fin: true });
    expect(missingBefore(scene.receives('. 36:40(4) ack 1').tcb)).toBeUndefined();
    expect(missingBefore(Scene.established().receives('F. 3:3(0) ack 1').tcb)).toEqual({ bytes: 2, fin: true });
  });

  test('established: text beyond the window is cut off', () => {
    const scene = Scene.established({ window: 10 }).receives('. 1:21(20) ack 1');
    expect(scene.actions()).toMatchObject([{ type: 'deliver', data: { length: 10 } }, { type: 'send' }]);
    expect(scene.receives('. 11:31(20) ack 1').said()).toEqual(['drop: no room for its text']);
  });

  test('established: what lies outside the window is dropped and answered by where we stand', () => {
    const scene = Scene.established().receives('P. 1:6(5) ack 1');
    scene.actions();
    for (const line of ['P. 1:6(5) ack 1', '. 10006:10016(10) ack 1', '. -900000:-899000(1000) ack 1']) {
      expect(scene.receives(line).sent()).toEqual(['. 1:1(0) ack 6 win 9995']);
    }
    expect(scene.tcb.reassembly.pieces).toEqual([]);
  });

  test('established: many pieces beyond a gap are refused, not kept without end', () => {
    const scene = Scene.established();
    for (let i = 0; i < 200; i++) scene.receives(`. ${String(3 + 2 * i)}:${String(4 + 2 * i)}(1) ack 1`);
    expect(scene.tcb.reassembly.pieces.length).toBeLessThanOrEqual(36);
    expect(scene.said()).toContain('drop: too many pieces to put in order');
  });

  test('established: a segment without ACK is dropped', () => {
    expect(Scene.established().receives('P 1:6(5)').said()).toEqual(['drop: no ACK']);
  });
});

describe('delayed acknowledgments', () => {
  const scene = (): Scene => Scene.established({ delayedAckMs: 40 });

  test('established: one segment is acknowledged after 40 ms', () => {
    const one = scene().receives('. 1:6(5) ack 1');
    expect(one.sent()).toEqual([]);
    expect(one.due).toBe(40);
    expect(one.waits(40).sent()).toEqual(['. 1:1(0) ack 6 win 9995']);
    expect(one.due).toBeUndefined();
  });

  test('established: the second segment is acknowledged at once', () => {
    expect(scene().receives('. 1:6(5) ack 1', '. 6:9(3) ack 1').sent()).toEqual(['. 1:1(0) ack 9 win 9992']);
  });

  test('established: data that goes the other way carries the acknowledgment', () => {
    const one = scene().receives('. 1:6(5) ack 1').writes(2);
    expect(one.sent()).toEqual(['P. 1:3(2) ack 6 win 9995']);
    expect(one.waits(100).sent()).toEqual([]);
  });

  test('established: what fills a gap is acknowledged at once', () => {
    const one = scene().receives('. 4:6(2) ack 1');
    one.actions();
    expect(one.receives('. 1:4(3) ack 1').sent()).toEqual(['. 1:1(0) ack 6 win 9995']);
  });

  test('established: FIN is acknowledged at once', () => {
    expect(scene().receives('F. 1:1(0) ack 1').sent()).toEqual(['. 1:1(0) ack 2 win 9999']);
  });
});

describe('the receive window', () => {
  test('established: it closes as bytes stay unread, and reading tells when it is worth it', () => {
    const scene = Scene.established({ window: 2000 }).receives('. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1');
    expect(scene.sent().at(-1)).toBe('. 1:1(0) ack 2001 win 0');
    expect(scene.consumes(999).sent()).toEqual([]);
    expect(scene.consumes(1).sent()).toEqual(['. 1:1(0) ack 2001 win 1000']);
    expect(scene.consumes(100).sent()).toEqual([]);
  });

  test('established: its right edge never moves left', () => {
    const scene = Scene.established({ window: 2000 }).receives('. 1:501(500) ack 1').consumes(10);
    const edge = scene.tcb.rcvAdv;
    scene.receives('. 501:502(1) ack 1');
    expect(scene.tcb.rcvAdv).toBe(edge);
  });

  test('established: a closed window still takes the ACK of a probe, and FIN', () => {
    const scene = Scene.established({ window: 5 }).writes(3).receives('. 1:6(5) ack 1');
    scene.actions();
    expect(scene.receives('. 6:7(1) ack 4').said()).toEqual(['acknowledged 3', 'drop: no room for its text']);
    expect(scene.receives('F. 6:6(0) ack 4').said()).toEqual(['peer-closed', 'CLOSE_WAIT']);
  });

  test('established: an ACK that follows a full window is taken', () => {
    const scene = Scene.established({ window: 5 }).writes(3);
    expect(scene.receives('. 6:6(0) ack 4').said()).toEqual(['acknowledged 3']);
  });

  test('established: it is scaled down in the header, and never above 65535', () => {
    const scene = Scene.established({ window: 200_000, windowShift: 3 }, 'S. 0:0(0) ack 1 <wscale 0>');
    expect(scene.receives('. 1:2(1) ack 1').sent()).toEqual(['. 1:1(0) ack 2 win 24999']);
    const unscaled = Scene.established({ window: 200_000 });
    expect(unscaled.receives('. 1:2(1) ack 1').sent()).toEqual(['. 1:1(0) ack 2 win 65534']);
  });
});

describe('zero-window probes', () => {
  const closed = (): Scene => {
    const scene = Scene.established({ maxRetransmissions: 2 }, 'S. 0:0(0) ack 1 win 0 <mss 1000>').writes(500);
    expect(scene.sent()).toEqual([]);
    return scene;
  };

  test('established: into a closed window goes one octet per timeout, doubling', () => {
    const scene = closed();
    const first = scene.due ?? 0;
    expect(scene.waits(first).actions()).toMatchObject([
      { type: 'send', segment: { payload: { length: 1 } }, clause: 'RFC 9293 §3.8.6.1', retransmission: false },
    ]);
    expect(scene.due).toBe(2 * first);
    expect(scene.waits(2 * first).sent()).toEqual(['. 1:2(1) ack 1 win 10000']);
  });

  test('established: a peer that answers and never reads is waited for', () => {
    const scene = closed();
    for (let i = 0; i < 50; i++) scene.waits(scene.due ?? 0).receives('. 1:1(0) ack 1 win 0');
    expect(scene.state).toBe('ESTABLISHED');
    expect(scene.tcb.congestion.cwnd).toBe(10_000);
  });

  test('established: with an octet beyond the window, ACKs stand where the other side takes them', () => {
    const scene = closed();
    scene.waits(scene.due ?? 0);
    scene.actions();
    expect(scene.receives('P. 1:4(3) ack 1 win 0').sent()).toEqual(['. 1:1(0) ack 4 win 9997']);
  });

  test('established: a peer that does not answer has timed out', () => {
    const scene = closed();
    for (let i = 0; i < 3; i++) scene.waits(scene.due ?? 0);
    expect(scene.said()).toEqual(['CLOSE', 'ended timed-out']);
  });

  test('established: once the window opens, the octet and the rest go out at once', () => {
    const scene = closed();
    scene.waits(scene.due ?? 0);
    scene.actions();
    expect(scene.receives('. 1:1(0) ack 1 win 4000').sent()).toEqual([
      '. 1:2(1) ack 1 win 10000',
      'P. 2:501(499) ack 1 win 10000',
    ]);
  });

  test('established: an octet that was taken is not sent again', () => {
    const scene = closed();
    scene.waits(scene.due ?? 0);
    scene.actions();
    expect(scene.receives('. 1:1(0) ack 2 win 4000').sent()).toEqual(['P. 2:501(499) ack 1 win 10000']);
  });
});

describe('a window that closes while much is under way', () => {
  const underWay = (): Scene => {
    const scene = Scene.established({}, 'S. 0:0(0) ack 1 win 60000 <mss 1000>').writes(9000);
    expect(scene.sent()).toHaveLength(9);
    return scene;
  };

  test('established: however often it opens again, nothing goes out anew', () => {
    const scene = underWay();
    for (let i = 0; i < 100; i++) scene.receives('. 1:1(0) ack 1 win 0', '. 1:1(0) ack 1 win 60000');
    expect(scene.sent()).toEqual([]);
  });

  test('established: what was lost by it is sent again by the timer', () => {
    const scene = underWay();
    const due = scene.due ?? 0;
    scene.receives('. 1:1(0) ack 1 win 0', '. 1:1(0) ack 1 win 60000');
    expect(scene.due).toBe(due);
    expect(scene.waits(due).sent()).toEqual(['. 1:1001(1000) ack 1 win 10000']);
  });

  test('established: however long it was probed, the timer is then that of a new one', () => {
    const scene = underWay();
    const due = scene.due ?? 0;
    scene.receives('. 1:1(0) ack 1 win 0');
    for (let i = 0; i < 5; i++) scene.waits(scene.due ?? 0).receives('. 1:1(0) ack 1 win 0');
    expect(scene.due).toBeGreaterThan(10 * due);
    expect(scene.receives('. 1:1(0) ack 1 win 60000').due).toBe(due);
  });

  test('established: a probe that goes out again and again takes nothing with it', () => {
    const scene = Scene.established({}, 'S. 0:0(0) ack 1 win 0 <mss 1000>').writes(9000);
    scene.waits(scene.due ?? 0);
    scene.actions();
    for (let i = 0; i < 100; i++) scene.receives('. 1:1(0) ack 1 win 1', '. 1:1(0) ack 1 win 0');
    expect(new Set(scene.sent())).toEqual(new Set(['. 1:2(1) ack 1 win 10000']));
  });
});

describe('selective acknowledgments', () => {
  const scene = (timestamps = false): Scene =>
    timestamps
      ? Scene.established({ sack: true, timestamps: { offset: 0 } }, 'S. 0:0(0) ack 1 <mss 1000,sackOK,TS val 1 ecr 0>')
      : Scene.established({ sack: true }, 'S. 0:0(0) ack 1 <mss 1000,sackOK>');

  test('established: blocks tell what is beyond the gap, the newest first, joined where they touch', () => {
    const one = scene();
    const last = (line: string): string | undefined => one.receives(line).sent().at(-1);
    expect(last('. 11:21(10) ack 1')).toBe('. 1:1(0) ack 1 win 10000 <nop,nop,sack 11:21>');
    expect(last('. 31:41(10) ack 1')).toBe('. 1:1(0) ack 1 win 10000 <nop,nop,sack 31:41 11:21>');
    expect(last('. 51:61(10) ack 1')).toBe('. 1:1(0) ack 1 win 10000 <nop,nop,sack 51:61 31:41 11:21>');
    expect(last('. 21:31(10) ack 1')).toBe('. 1:1(0) ack 1 win 10000 <nop,nop,sack 11:41 51:61>');
    expect(last('. 1:11(10) ack 1')).toBe('. 1:1(0) ack 41 win 9960 <nop,nop,sack 51:61>');
    expect(last('. 41:51(10) ack 1')).toBe('. 1:1(0) ack 61 win 9940');
  });

  test('established: beside timestamps there is room for three blocks, without for four', () => {
    const lines = (ts: string): string[] =>
      [3, 5, 7, 9, 11].map((n) => `. ${String(n)}:${String(n + 1)}(1) ack 1${ts}`);
    expect(
      scene()
        .receives(...lines(''))
        .sent()
        .at(-1),
    ).toMatch(/sack 11:12 9:10 7:8 5:6>$/);
    expect(
      scene(true)
        .receives(...lines(' <TS val 1 ecr 0>'))
        .sent()
        .at(-1),
    ).toMatch(/sack 11:12 9:10 7:8>$/);
  });

  test('established: data that goes out with blocks leaves them room', () => {
    const one = scene().receives('. 11:21(10) ack 1');
    one.actions();
    expect(one.writes(2000).sent()[0]).toBe('. 1:989(988) ack 1 win 10000 <nop,nop,sack 11:21>');
  });

  test('established: the blocks of the other side are noted where they can be true', () => {
    const one = scene().writes(5000).receives('. 1:1(0) ack 1 <sack 1001:2001 7001:8001 900:100>');
    expect(
      one.tcb.peerBlocks.map(([left, right]) => [(left - one.tcb.sndUna) | 0, (right - one.tcb.sndUna) | 0]),
    ).toEqual([[1000, 2000]]);
    expect(one.receives('. 1:1(0) ack 2001').tcb.peerBlocks).toEqual([]);
  });
});

describe('timestamps', () => {
  const scene = (): Scene =>
    Scene.established({ timestamps: { offset: 500 } }, 'S. 0:0(0) ack 1 <mss 1000,TS val 100 ecr 500>');

  test('established: every segment carries the clock and echoes the newest in order', () => {
    const one = scene().waits(7).receives('. 1:6(5) ack 1 <TS val 120 ecr 500>');
    expect(one.sent()).toEqual(['. 1:1(0) ack 6 win 9995 <nop,nop,TS val 507 ecr 120>']);
    // Beyond a gap: not echoed. RFC 7323 §4.3.
    expect(one.receives('. 9:12(3) ack 1 <TS val 130 ecr 500>').sent()).toEqual([
      '. 1:1(0) ack 6 win 9995 <nop,nop,TS val 507 ecr 120>',
    ]);
  });

  test('established: an older timestamp makes an old duplicate of a segment', () => {
    const one = scene().receives('. 1:6(5) ack 1 <TS val 120 ecr 500>');
    one.actions();
    const [dropped, answer] = one.receives('. 6:9(3) ack 1 <TS val 119 ecr 500>').actions();
    expect(dropped).toMatchObject({ type: 'drop', clause: 'RFC 7323 §5.3' });
    expect(answer).toMatchObject({ type: 'send', segment: { ack: one.tcb.rcvNxt } });
    expect(one.tcb.reassembly.pieces).toEqual([]);
  });

  test('established: SYN without timestamps is challenged as any SYN is', () => {
    expect(scene().receives('S 900:900(0)').actions()).toMatchObject([
      { type: 'drop', clause: 'RFC 5961 §4.2' },
      { type: 'send', clause: 'RFC 5961 §4.2' },
    ]);
  });

  test('established: what is not taken leaves no timestamp, or a guess would have PAWS drop all that is true', () => {
    const far = 'TS val 2000000000 ecr 500';
    for (const forged of [
      `. 1:6(5) ack 1 <${far}>`, // of the past
      `. 4000000000:4000000001(1) ack 1 <${far}>`,
      `. 90000:90001(1) ack 1 <${far}>`, // beyond the window
      `. 6:7(1) ack 4000000000 <${far}>`, // the ACK is of nothing
      `P 6:7(1) <${far}>`,
    ]) {
      const one = scene().receives('. 1:6(5) ack 1 <TS val 120 ecr 500>', forged);
      expect(one.tcb.tsRecent, forged).toBe(120);
      one.actions();
      expect(one.receives('. 6:11(5) ack 1 <TS val 121 ecr 500>').said()).toContain('deliver fghij');
    }
  });

  test('established: timestamps wrap', () => {
    const one = Scene.established({ timestamps: { offset: 0 } }, 'S. 0:0(0) ack 1 <TS val 4294967290 ecr 0>');
    expect(one.receives('. 1:6(5) ack 1 <TS val 3 ecr 0>').said()).toEqual(['deliver abcde']);
  });

  test('established: after 24 days of silence any timestamp is new', () => {
    const one = scene()
      .waits(25 * 24 * 3_600_000)
      .receives('. 1:6(5) ack 1 <TS val 5 ecr 500>');
    expect(one.said()).toEqual(['deliver abcde']);
    expect(one.tcb.tsRecent).toBe(5);
  });

  test('established: a segment without the timestamps agreed on is taken, as Linux does', () => {
    const one = scene().receives('. 1:6(5) ack 1');
    expect(one.said()).toEqual(['deliver abcde']);
    const { tsRecent } = one.tcb;
    expect(one.receives('. 6:11(5) ack 1 <TS val 120 ecr 500>').said()).toEqual(['deliver fghij']);
    expect([tsRecent, one.tcb.tsRecent]).toEqual([100, 120]);
    expect(one.receives('R. 11:11(0) ack 1').said()).toEqual(['CLOSE', 'ended reset']);
  });
});
