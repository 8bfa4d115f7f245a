/** Retransmission and congestion. RFC 6298; RFC 5681; RFC 6582; RFC 7323 §4. */
import { describe, expect, test } from 'vitest';
import { Scene } from './scene.js';

const cwnd = (scene: Scene): number => scene.tcb.congestion.cwnd;
const acks = (...numbers: readonly number[]): string[] => numbers.map((n) => `. 1:1(0) ack ${String(n)} win 60000`);

/** With a window wide open and `segments` under way. */
const under = (segments: number, options = {}): Scene => {
  const scene = Scene.established(options, 'S. 0:0(0) ack 1 win 60000 <mss 1000>').writes(segments * 1000);
  scene.actions();
  return scene;
};

describe('the timer', () => {
  test('established: what is not acknowledged goes out again after 1, 2, 4 … RTO, then the connection has timed out', () => {
    const scene = Scene.established({ initialRtoMs: 300, maxRetransmissions: 3, minRtoMs: 300 }).writes(5);
    scene.actions();
    const gaps: (number | undefined)[] = [];
    for (; scene.state === 'ESTABLISHED'; scene.waits(scene.due ?? 0)) gaps.push(scene.due);
    expect(gaps).toEqual([300, 600, 1200, 2400]);
    const actions = scene.actions();
    expect(actions.filter(({ type }) => type === 'send')).toHaveLength(3);
    expect(actions[0]).toMatchObject({ retransmission: true, clause: 'RFC 6298 §5' });
    expect(actions.at(-1)).toMatchObject({ type: 'ended', reason: 'timed-out' });
  });

  test('established: RTO never grows above its limit', () => {
    const scene = Scene.established({ minRtoMs: 300, maxRtoMs: 1000 }).writes(5);
    scene.waits(300 + 600);
    expect(scene.due).toBe(1000);
  });

  test('established: an ACK of new data starts it anew, an ACK of all stops it', () => {
    const scene = under(2)
      .waits(100)
      .receives(...acks(1001));
    expect(scene.due).toBe(200);
    expect(scene.receives(...acks(2001)).due).toBeUndefined();
  });

  test('established: RTO follows what is measured', () => {
    const scene = under(1, { minRtoMs: 85 })
      .waits(80)
      .receives(...acks(1001));
    // The SYN took no time: SRTT 0, RTTVAR 0, then 80 ms.
    expect(scene.tcb.rtt).toMatchObject({ srttMs: 10, rttvarMs: 20, rtoMs: 90 });
  });

  test('established: what was sent twice is not measured', () => {
    const scene = under(1, { minRtoMs: 50 });
    const { rtt } = scene.tcb;
    scene
      .waits(50)
      .waits(20)
      .receives(...acks(1001));
    expect(scene.tcb.rtt).toEqual({ ...rtt, backoff: 1 });
  });

  test('established: with timestamps the echo tells which of the two was acknowledged', () => {
    const at = (ack: number, echo: number): string =>
      `. 1:1(0) ack ${String(ack)} win 60000 <TS val 9 ecr ${String(echo)}>`;
    const make = (): Scene =>
      Scene.established({ timestamps: { offset: 0 }, minRtoMs: 50 }, 'S. 0:0(0) ack 1 win 60000 <TS val 9 ecr 0>')
        .writes(500)
        .waits(50)
        .waits(16);
    expect(make().receives(at(501, 50)).tcb.rtt).toMatchObject({ srttMs: 2, backoff: 0 });
    // The answer to the first one may be as old as it likes.
    expect(make().receives(at(501, 0)).tcb.rtt).toMatchObject({ srttMs: 0, backoff: 1 });
  });

  test('established: after a lost SYN the window is one segment and RTO 3 seconds', () => {
    const scene = Scene.active().waits(1000).receives('S. 0:0(0) ack 1 <mss 1000>');
    expect(cwnd(scene)).toBe(1000);
    expect(scene.tcb.rtt).toMatchObject({ rtoMs: 3000, backoff: 0 });
  });

  test('established: after a timeout all that was under way goes out again, in slow start', () => {
    const scene = under(4).waits(200);
    expect(scene.sent()).toEqual(['. 1:1001(1000) ack 1 win 10000']);
    expect(scene.tcb.congestion).toMatchObject({ cwnd: 1000, ssthresh: 2000 });
    expect(scene.receives(...acks(1001)).sent()).toEqual([
      '. 1001:2001(1000) ack 1 win 10000',
      '. 2001:3001(1000) ack 1 win 10000',
    ]);
    // The rest was there all along.
    expect(scene.receives(...acks(4001)).sent()).toEqual([]);
  });

  test('established: a second timeout for the same segment leaves ssthresh', () => {
    const scene = under(10).waits(200);
    const { ssthresh } = scene.tcb.congestion;
    expect(ssthresh).toBe(5000);
    expect(scene.waits(400).tcb.congestion.ssthresh).toBe(5000);
  });

  test('fin-wait-1: FIN goes out again too', () => {
    const scene = Scene.established().writes(3).closes();
    scene.actions();
    expect(scene.waits(200).sent()).toEqual(['FP. 1:4(3) ack 1 win 10000']);
  });
});

describe('congestion', () => {
  test('established: ten segments to begin with, one more for each ACK in slow start', () => {
    const scene = Scene.established({}, 'S. 0:0(0) ack 1 win 60000 <mss 1000>').writes(30_000);
    expect(scene.sent()).toHaveLength(10);
    expect(scene.receives(...acks(1001)).sent()).toHaveLength(2);
    expect(cwnd(scene)).toBe(11_000);
  });

  test('established: above ssthresh one segment more per window', () => {
    const scene = under(10)
      .waits(200)
      .receives(...acks(1001, 2001, 3001, 4001));
    expect(scene.tcb.congestion).toMatchObject({ cwnd: 5000, ssthresh: 5000 });
    expect(cwnd(scene.receives(...acks(5001)))).toBe(5200);
  });

  test('established: the third duplicate ACK brings the segment again, and halves the window', () => {
    const scene = under(10).receives(...acks(1, 1));
    expect(scene.sent()).toEqual([]);
    expect(scene.receives(...acks(1)).actions()).toMatchObject([
      { type: 'send', segment: { payload: { length: 1000 } }, retransmission: true, clause: 'RFC 5681 §3.2' },
    ]);
    expect(scene.tcb.congestion).toMatchObject({ cwnd: 8000, ssthresh: 5000, recovering: true });
  });

  test('established: the first two duplicate ACKs let a new segment out each', () => {
    const scene = under(12);
    expect(scene.receives(...acks(1)).sent()).toEqual(['. 10001:11001(1000) ack 1 win 10000']);
    expect(scene.receives(...acks(1)).sent()).toEqual(['P. 11001:12001(1000) ack 1 win 10000']);
  });

  test('established: in recovery a partial ACK brings the next hole, the full one ends it', () => {
    const scene = under(10).receives(...acks(1, 1, 1, 1, 1));
    scene.actions();
    expect(
      scene
        .receives(...acks(3001))
        .actions()
        .at(-1),
    ).toMatchObject({
      type: 'send',
      retransmission: true,
      clause: 'RFC 6582 §3.2',
    });
    // 10,000 with the duplicates, less what was acknowledged, and one segment.
    expect(scene.tcb.congestion).toMatchObject({ recovering: true, cwnd: 8000 });
    scene.receives(...acks(10_001));
    expect(scene.tcb.congestion).toMatchObject({ recovering: false, ssthresh: 5000, cwnd: 2000 });
  });

  test('established: duplicate ACKs below the point of the last loss start nothing', () => {
    const scene = under(10)
      .waits(200)
      .receives(...acks(1001));
    scene.actions();
    expect(scene.receives(...acks(1001, 1001, 1001)).actions()).toEqual([]);
  });

  test('established: a window update, data and FIN are no duplicate ACKs', () => {
    const scene = under(10).receives(
      '. 1:1(0) ack 1 win 50000',
      '. 1:1(0) ack 1 win 40000',
      '. 1:2(1) ack 1 win 40000',
    );
    expect(scene.tcb.congestion.dupAcks).toBe(0);
  });

  test('established: after a pause the window is the initial one again', () => {
    const scene = under(10).receives(...acks(2001, 4001, 6001, 8001, 10_001));
    expect(cwnd(scene)).toBe(15_000);
    expect(cwnd(scene.waits(199).writes(1))).toBe(15_000);
    scene.receives(...acks(10_002));
    expect(cwnd(scene.waits(200).writes(1))).toBe(10_000);
  });
});
