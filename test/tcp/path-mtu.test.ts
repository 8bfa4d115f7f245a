/** The path carries less than the ends agreed on: what is told of it, and what is guessed. RFC 9293 §3.7.5; RFC 4821 §7.7. */
import { describe, expect, test } from 'vitest';
import { LINUX_OFFER, negotiated } from '../../src/tcp/index.js';
import { Scene } from './scene.js';

const tell = (scene: Scene, mss: number): Scene => scene.happens({ type: 'path-mtu', mss });

describe('told of', () => {
  test('what is under way goes out again at once, smaller, and the congestion window stays', () => {
    const scene = Scene.established().writes(3000);
    const { cwnd } = scene.tcb.congestion;
    expect(scene.sent()).toEqual([
      '. 1:1001(1000) ack 1 win 10000',
      '. 1001:2001(1000) ack 1 win 10000',
      'P. 2001:3001(1000) ack 1 win 10000',
    ]);
    expect(tell(scene, 700).sent()).toEqual([
      '. 1:701(700) ack 1 win 10000',
      '. 701:1401(700) ack 1 win 10000',
      '. 1401:2101(700) ack 1 win 10000',
      '. 2101:2801(700) ack 1 win 10000',
      'P. 2801:3001(200) ack 1 win 10000',
    ]);
    expect(scene.tcb.congestion.cwnd).toBe(cwnd);
    expect(scene.due).toBe(200);
    expect(scene.receives('. 1:1(0) ack 3001').closes().sent()).toEqual(['F. 3001:3001(0) ack 1 win 10000']);
  });

  test('no more at once than the congestion window lets', () => {
    const scene = Scene.established({ initialWindowSegments: 2 }).writes(5000);
    expect(scene.sent()).toHaveLength(2);
    expect(tell(scene, 500).sent()).toHaveLength(4);
    expect(scene.receives('. 1:1(0) ack 2001').sent()).toEqual(
      [2001, 2501, 3001, 3501, 4001].map((from) => `. ${from}:${from + 500}(500) ack 1 win 10000`),
    );
  });

  test('smaller and smaller; what is told late of what was cut already changes nothing', () => {
    const scene = tell(Scene.established().writes(1000), 700);
    scene.actions();
    expect(tell(scene, 700).sent()).toEqual([]);
    expect(tell(scene, 900).sent()).toEqual([]);
    expect(tell(scene, 600).sent()).toEqual(['. 1:601(600) ack 1 win 10000', 'P. 601:1001(400) ack 1 win 10000']);
  });

  test('one octet smaller each time: a few times at once, then by the timer', () => {
    const scene = Scene.established().writes(9000);
    scene.actions();
    for (let mss = 999; mss > 500; mss--) tell(scene, mss);
    expect(scene.sent().length).toBeLessThan(100);
    expect(scene.waits(scene.due ?? 0).sent()).toEqual(['. 1:502(501) ack 1 win 10000']);
  });

  test('eight times at once, and no more', () => {
    const scene = Scene.established().writes(3000);
    scene.actions();
    const atOnce = Array.from({ length: 10 }, (_, i) => tell(scene, 900 - 50 * i).sent().length > 0);
    expect(atOnce).toEqual([...Array.from({ length: 8 }, () => true), false, false]);
  });

  test('what is under way and small enough is left alone', () => {
    const scene = Scene.established().writes(300);
    scene.actions();
    expect(tell(scene, 300).sent()).toEqual([]);
    expect(scene.writes(400).sent()).toEqual(['. 301:601(300) ack 1 win 10000', 'P. 601:701(100) ack 1 win 10000']);
  });

  test('the duplicate ACKs of what got through are no loss', () => {
    const scene = Scene.established().writes(4000);
    tell(scene, 500).actions();
    const { cwnd } = scene.tcb.congestion;
    expect(scene.receives(...Array.from({ length: 4 }, () => '. 1:1(0) ack 1')).sent()).toEqual([]);
    expect(scene.tcb.congestion).toMatchObject({ cwnd, recovering: false });
  });

  test('in fast recovery: the window is not left inflated', () => {
    const scene = Scene.established()
      .writes(6000)
      .receives(...Array.from({ length: 4 }, () => '. 1:1(0) ack 1'));
    expect(scene.tcb.congestion.recovering).toBe(true);
    tell(scene, 500);
    expect(scene.tcb.congestion).toMatchObject({ cwnd: 3000, recovering: false });
  });

  test('the FIN is sent again with the last bytes', () => {
    const scene = Scene.established().writes(1000).closes();
    scene.actions();
    expect(tell(scene, 600).sent()).toEqual(['. 1:601(600) ack 1 win 10000', 'FP. 601:1001(400) ack 1 win 10000']);
  });

  test('into a closed window nothing is sent but the probe', () => {
    const scene = Scene.established().writes(1000).receives('. 1:1(0) ack 1 win 0');
    scene.actions();
    expect(tell(scene, 600).sent()).toEqual([]);
    expect(scene.waits(200).sent()).toEqual(['. 1:2(1) ack 1 win 10000']);
  });

  test('room for the timestamps and blocks remains, however little is told of', () => {
    const scene = Scene.established(LINUX_OFFER, 'S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 7 ecr 0>');
    scene.receives('. 11:21(10) ack 1 <TS val 8 ecr 0>', '. 31:41(10) ack 1 <TS val 8 ecr 0>');
    scene.actions();
    expect(
      tell(scene, 20)
        .writes(32)
        .sent()
        .map((line) => line.split(' ')[1]),
    ).toEqual(['1:17(16)', '17:33(16)']);
  });

  test('while the connection is opened: counts for what comes', () => {
    // What is told late of what was cut already does not open it again.
    const scene = tell(tell(Scene.active(), 600), 900);
    expect(scene.receives('S. 0:0(0) ack 1 win 8000 <mss 1000>').writes(1000).sent()).toEqual([
      'S 0:0(0) win 10000 <mss 1000>',
      '. 1:1(0) ack 1 win 10000',
      '. 1:601(600) ack 1 win 10000',
      'P. 601:1001(400) ack 1 win 10000',
    ]);
  });
});

test.each([
  [{ mss: 1460, pathMss: 1360 }, 'mss 1460', 1360],
  [{ mss: 1360, pathMss: 1360 }, 'mss 1460', 1360],
  [{ mss: 1360, pathMss: 1360 }, 'mss 1200', 1200],
  [{ mss: 1460, pathMss: 500 }, 'nop', 500],
] as const)('known from the start: %o, they say %s', (options, theirs, mss) => {
  expect(negotiated(Scene.established(options, `S. 0:0(0) ack 1 <${theirs}>`).tcb).mss).toBe(mss);
});

describe('nobody tells', () => {
  const SYN_ACK = 'S. 0:0(0) ack 1 win 8000 <mss 1460>';
  const lengths = (scene: Scene): readonly number[] => scene.sent().map((line) => Number(/\((\d+)\)/.exec(line)?.[1]));

  test('a full segment that is lost twice is cut down, and once more', () => {
    const scene = Scene.established({ mss: 1460 }, SYN_ACK).writes(3000);
    expect(lengths(scene)).toEqual([1460, 1460, 80]);
    expect([200, 400, 800, 1600].map((ms) => lengths(scene.waits(ms)))).toEqual([[1460], [1024], [512], [512]]);
    expect(lengths(scene.receives('. 1:1(0) ack 513'))).toEqual([512, 512]);
  });

  test('what fits beside timestamps counts: 1020 octets are more than 1024 less 12', () => {
    const scene = Scene.established(LINUX_OFFER, 'S. 0:0(0) ack 1 <mss 1460,TS val 7 ecr 0>').writes(1020);
    expect([0, 200, 400].map((ms) => lengths(scene.waits(ms)))).toEqual([[1020], [1020], [1012]]);
  });

  test('over IPv6 no further than what every link carries', () => {
    const scene = Scene.established({ mss: 1440, baseMss: [1220] }, 'S. 0:0(0) ack 1 <mss 1440>').writes(3000);
    scene.actions();
    expect([200, 400, 800].map((ms) => lengths(scene.waits(ms)))).toEqual([[1440], [1220], [1220]]);
  });

  test('one that is small already is not to blame for its size', () => {
    const scene = Scene.established({ mss: 1460 }, SYN_ACK).writes(512);
    scene.waits(7000).actions();
    expect(scene.tcb.sendMss).toBe(1460);
  });

  test('what is lost once, or is not asked for by a closed window, says nothing of the path', () => {
    const lost = Scene.established({ mss: 1460 }, SYN_ACK).writes(3000).waits(200).receives('. 1:1(0) ack 3001');
    expect(lost.writes(3000).waits(200).tcb.sendMss).toBe(1460);
    const closed = Scene.established({ mss: 1460 }, 'S. 0:0(0) ack 1 win 0 <mss 1460>').writes(3000).waits(60_000);
    expect(closed.tcb.sendMss).toBe(1460);
  });
});
