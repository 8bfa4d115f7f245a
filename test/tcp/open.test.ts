/** Opening: active, passive, simultaneous, with oneself. RFC 9293 §3.5. */
import { describe, expect, test } from 'vitest';
import { activeOpen, LINUX_OFFER, millis, negotiated, step } from '../../src/tcp/index.js';
import type { OutgoingSegment } from '../../src/tcp/index.js';
import { OUR_ISS, Scene, segment } from './scene.js';

describe('active open', () => {
  test('close: OPEN sends a SYN and enters syn-sent', () => {
    const scene = Scene.active();
    expect(scene.state).toBe('SYN_SENT');
    expect(scene.sent()).toEqual(['S 0:0(0) win 10000 <mss 1000>']);
  });

  test('syn-sent: SYN/ACK enters established and is acknowledged before the user hears of it', () => {
    const scene = Scene.active();
    scene.actions();
    scene.receives('S. 0:0(0) ack 1');
    expect(scene.actions()).toMatchObject([
      { type: 'state', from: 'SYN_SENT', to: 'ESTABLISHED', clause: 'RFC 9293 §3.10.7.3' },
      { type: 'send', retransmission: false, clause: 'RFC 9293 §3.10.7.3' },
      { type: 'established' },
    ]);
    expect(scene.due).toBeUndefined();
  });

  test('syn-sent: the SYN/ACK is answered by ACK alone, then by what was written meanwhile', () => {
    const scene = Scene.active().writes(5);
    scene.actions();
    expect(scene.receives('S. 0:0(0) ack 1').sent()).toEqual(['. 1:1(0) ack 1 win 10000', 'P. 1:6(5) ack 1 win 10000']);
  });

  test('syn-sent: text in the SYN/ACK is delivered', () => {
    const scene = Scene.active();
    scene.actions();
    scene.receives('S. 0:3(3) ack 1');
    expect(scene.said()).toEqual(['ESTABLISHED', 'established', 'deliver zab']);
  });

  test('syn-sent: RST that acknowledges the SYN refuses', () => {
    const scene = Scene.active();
    scene.actions();
    expect(scene.receives('R. 0:0(0) ack 1').said()).toEqual(['CLOSE', 'ended refused']);
  });

  test('syn-sent: RST that acknowledges nothing is dropped', () => {
    const scene = Scene.active();
    scene.actions();
    expect(scene.receives('R 0:0(0)').said()).toEqual(['drop: RST that acknowledges nothing']);
    expect(scene.state).toBe('SYN_SENT');
  });

  test.each(['. 0:0(0) ack 0', '. 0:0(0) ack 2', 'S. 0:0(0) ack 7'])('syn-sent: %s is answered by RST', (line) => {
    const scene = Scene.active();
    scene.actions();
    const ack = /ack (\d)/.exec(line)?.[1] ?? '';
    expect(scene.receives(line).sent()).toEqual([`R ${ack}:${ack}(0) win 0`]);
    expect(scene.state).toBe('SYN_SENT');
  });

  test('syn-sent: an ACK of something never sent, of a connection that was: RST, and the SYN again at once; but once', () => {
    const scene = Scene.active();
    scene.actions();
    scene.receives('. 7:7(0) ack 9').waits(8);
    expect(scene.sent()).toEqual(['R 9:9(0) win 0', 'S 0:0(0) win 10000 <mss 1000>']);
    expect(scene.receives('. 7:7(0) ack 9').waits(500).sent()).toEqual(['R 9:9(0) win 0']);
    expect(scene.receives('S. 0:0(0) ack 1').state).toBe('ESTABLISHED');
  });

  test('syn-sent: data of the SYN that is acknowledged is not sent again', () => {
    const scene = Scene.active({ synData: Buffer.from('hello') });
    expect(scene.sent()).toEqual(['S 0:5(5) win 10000 <mss 1000>']);
    scene.receives('S. 0:0(0) ack 6');
    expect([scene.sent(), scene.tcb.sendQueue.start]).toEqual([['. 6:6(0) ack 1 win 10000'], 5]);
  });

  test('syn-sent: data of the SYN that is not taken goes out again with the ACK, and first', () => {
    const scene = Scene.active({ synData: Buffer.from('hello') }).writes(1);
    scene.actions();
    scene.receives('S. 0:0(0) ack 1 win 1000');
    expect(scene.sent()).toEqual(['. 1:6(5) ack 1 win 10000', 'P. 6:7(1) ack 1 win 10000']);
  });

  test('syn-sent: an ACK in the middle of the data of the SYN', () => {
    const scene = Scene.active({ synData: Buffer.from('hello') });
    scene.actions();
    expect(scene.receives('S. 0:0(0) ack 3 win 1000').sent()).toEqual(['P. 3:6(3) ack 1 win 10000']);
    expect(Scene.active({ synData: Buffer.from('hello') }).receives('S. 0:0(0) ack 7').state).toBe('SYN_SENT');
  });

  test('syn-sent: RST with an ACK of something never sent is not answered', () => {
    const scene = Scene.active();
    scene.actions();
    expect(scene.receives('R. 0:0(0) ack 9').sent()).toEqual([]);
    expect(scene.state).toBe('SYN_SENT');
  });

  test('syn-sent: ACK without SYN is dropped', () => {
    const scene = Scene.active();
    scene.actions();
    expect(scene.receives('. 0:0(0) ack 1').said()).toEqual(['drop: neither SYN nor RST']);
  });

  test('syn-sent: the SYN goes out again after 1, 2, 4, … seconds, then the attempt times out', () => {
    const scene = Scene.active({ synRetries: 3 });
    scene.actions();
    const gaps: (number | undefined)[] = [];
    while (scene.state === 'SYN_SENT') {
      gaps.push(scene.due);
      scene.waits(scene.due ?? 0);
    }
    expect(gaps).toEqual([1000, 2000, 4000, 8000]);
    const actions = scene.actions();
    expect(actions.filter(({ type }) => type === 'send')).toMatchObject([
      { retransmission: true, clause: 'RFC 6298 §5' },
      { retransmission: true },
      { retransmission: true },
    ]);
    expect(actions.at(-1)).toEqual({ type: 'ended', reason: 'timed-out', clause: 'RFC 9293 §3.8.3' });
  });

  test('syn-sent: CLOSE and ABORT end it without a segment', () => {
    for (const scene of [Scene.active(), Scene.active()].map(
      (s, i) => (s.actions(), i === 0 ? s.closes() : s.aborts()),
    )) {
      expect(scene.said()).toEqual(['CLOSE', 'ended aborted']);
      expect(scene.due).toBeUndefined();
    }
  });
});

describe('passive open', () => {
  test('listen: SYN enters syn-received and is answered by SYN/ACK', () => {
    const scene = Scene.listening();
    scene.actions();
    scene.receives('S 0:0(0) <mss 500>');
    expect(scene.state).toBe('SYN_RECV');
    expect(scene.sent()).toEqual(['S. 0:0(0) ack 1 win 10000 <mss 1000>']);
  });

  test('passiveOpen: does the same for a connection of its own', () => {
    const scene = Scene.accepted();
    expect(scene.state).toBe('SYN_RECV');
    expect(scene.sent()).toEqual(['S. 0:0(0) ack 1 win 10000 <mss 1000>']);
  });

  test('listen: RST is dropped, ACK is answered by RST, anything else is dropped', () => {
    const scene = Scene.listening();
    scene.actions();
    expect(scene.receives('R 0:0(0)').sent()).toEqual([]);
    expect(scene.receives('. 0:0(0) ack 5').sent()).toEqual(['R 5:5(0) win 0']);
    expect(scene.receives('P 0:4(4)').sent()).toEqual([]);
    for (const flags of ['SF', 'SFP']) expect(scene.receives(`${flags} 0:0(0)`).sent()).toEqual([]);
    expect(scene.state).toBe('LISTEN');
  });

  test('listen: SEND turns the passive open into an active one', () => {
    const scene = Scene.listening();
    scene.actions();
    expect(scene.writes(3).sent()).toEqual(['S 0:0(0) win 10000 <mss 1000>']);
    scene.receives('S. 0:0(0) ack 1');
    expect(scene.sent().at(-1)).toBe('P. 1:4(3) ack 1 win 10000');
  });

  test('listen: CLOSE and ABORT end it', () => {
    expect(Scene.listening().closes().said()).toEqual(['LISTEN', 'CLOSE', 'ended closed']);
    expect(Scene.listening().aborts().said()).toEqual(['LISTEN', 'CLOSE', 'ended aborted']);
  });

  test('syn-received: ACK of the SYN enters established', () => {
    const scene = Scene.accepted();
    scene.actions();
    expect(scene.receives('. 1:1(0) ack 1').said()).toEqual(['ESTABLISHED', 'established']);
  });

  test('syn-received: text and FIN with the ACK are taken', () => {
    const scene = Scene.accepted();
    scene.actions();
    scene.receives('FP. 1:4(3) ack 1');
    expect(scene.said()).toEqual(['ESTABLISHED', 'established', 'deliver abc', 'peer-closed', 'CLOSE_WAIT']);
  });

  test('syn-received: the same SYN again brings the SYN/ACK again', () => {
    const scene = Scene.accepted();
    scene.actions();
    expect(scene.receives('S 0:0(0) <mss 1000>').sent()).toEqual(['S. 0:0(0) ack 1 win 10000 <mss 1000>']);
    expect(scene.state).toBe('SYN_RECV');
  });

  test('syn-received: of many such SYNs ten are answered in five seconds, for their source may be forged', () => {
    const scene = Scene.accepted();
    scene.actions();
    const answers = (count: number) => {
      for (let i = 0; i < count; i++) scene.receives('S 0:0(0) <mss 1000>');
      return scene.sent().length;
    };
    expect(answers(50)).toBe(10);
    scene.waits(5000).sent();
    expect(answers(1)).toBe(1);
  });

  test('syn-received: an ACK of something never sent is answered by RST', () => {
    const scene = Scene.accepted();
    scene.actions();
    expect(scene.receives('. 1:1(0) ack 2').sent()).toEqual(['R 2:2(0) win 0']);
    expect(scene.receives('. 1:1(0) ack 0').sent()).toEqual(['R 0:0(0) win 0']);
    expect(scene.state).toBe('SYN_RECV');
  });

  test('syn-received: RST takes a connection of its own back to listen, and the next SYN opens it anew', () => {
    const scene = Scene.listening().receives('S 0:0(0)');
    scene.actions();
    expect(scene.receives('R 1:1(0)').said()).toEqual(['LISTEN']);
    expect(scene.receives('S 50:50(0)', '. 51:51(0) ack 1').state).toBe('ESTABLISHED');
  });

  test('syn-received: RST ends a connection whose listener is another', () => {
    const scene = Scene.accepted();
    scene.actions();
    expect(scene.receives('R 1:1(0)').said()).toEqual(['CLOSE', 'ended reset']);
  });

  test('syn-received: another SYN in the window does what a RST does', () => {
    const scene = Scene.accepted();
    scene.actions();
    expect(scene.receives('S 9:9(0)').said()).toEqual(['drop: another SYN', 'CLOSE', 'ended reset']);
  });

  test('syn-received: the SYN/ACK is retransmitted, then the attempt times out', () => {
    const scene = Scene.accepted(undefined, { synRetries: 1 });
    scene.actions();
    expect(scene.waits(1000).sent()).toEqual(['S. 0:0(0) ack 1 win 10000 <mss 1000>']);
    expect(scene.waits(2000).said()).toEqual(['CLOSE', 'ended timed-out']);
  });

  test('syn-received: CLOSE sends FIN and enters fin-wait-1', () => {
    const scene = Scene.accepted();
    scene.actions();
    expect(scene.closes().sent()).toEqual(['F. 1:1(0) ack 1 win 10000']);
    expect(scene.state).toBe('FIN_WAIT1');
    expect(scene.receives('. 1:1(0) ack 2').state).toBe('FIN_WAIT2');
  });

  test('syn-received: CLOSE with bytes queued waits for established', () => {
    const scene = Scene.accepted().writes(2).closes();
    expect(scene.state).toBe('SYN_RECV');
    scene.actions();
    expect(scene.receives('. 1:1(0) ack 1').sent()).toEqual(['FP. 1:3(2) ack 1 win 10000']);
    expect(scene.state).toBe('FIN_WAIT1');
  });

  test('syn-received: ABORT sends RST', () => {
    const scene = Scene.accepted();
    scene.actions();
    expect(scene.aborts().sent()).toEqual(['R 1:1(0) win 0']);
  });
});

describe('simultaneous open', () => {
  test('syn-sent: SYN without ACK enters syn-received and is answered by SYN/ACK', () => {
    const scene = Scene.active();
    scene.actions();
    expect(scene.receives('S 0:0(0)').sent()).toEqual(['S. 0:0(0) ack 1 win 10000 <mss 1000>']);
    expect(scene.state).toBe('SYN_RECV');
  });

  test.each(['S. 0:0(0) ack 1', '. 1:1(0) ack 1'])('syn-received: %s completes it, without an answer', (line) => {
    const scene = Scene.active().receives('S 0:0(0)');
    scene.actions();
    scene.receives(line);
    expect(scene.state).toBe('ESTABLISHED');
    expect(scene.sent()).toEqual([]);
  });

  test('syn-received: the window of a crossed SYN/ACK is not scaled', () => {
    const scene = Scene.active({ windowShift: 2 }).receives('S 0:0(0) win 4000 <wscale 4>');
    expect(scene.receives('S. 0:0(0) ack 1 win 4000 <wscale 4>').tcb.sndWnd).toBe(4000);
  });

  test('syn-received: RST refuses an active open', () => {
    const scene = Scene.active().receives('S 0:0(0)');
    scene.actions();
    expect(scene.receives('R 1:1(0)').said()).toEqual(['CLOSE', 'ended refused']);
  });

  test('syn-received: another SYN in the window is challenged', () => {
    const scene = Scene.active().receives('S 0:0(0)');
    scene.actions();
    expect(scene.receives('S 9:9(0)').sent()).toEqual(['. 1:1(0) ack 1 win 10000']);
    expect(scene.state).toBe('SYN_RECV');
  });

  test('self-connect: the machine that receives its own segments establishes, talks to itself and closes', () => {
    let { tcb, actions } = activeOpen({ ...LINUX_OFFER, iss: OUR_ISS }, millis(0));
    const heard: string[] = [];
    const flow: OutgoingSegment[] = [];
    const take = (): void => {
      for (const action of actions) {
        if (action.type === 'send') flow.push(action.segment);
        if (action.type === 'state') heard.push(action.to);
        if (action.type === 'deliver') heard.push(`deliver ${String(action.data.length)}`);
      }
    };
    const run = (): void => {
      take();
      for (let next = flow.shift(); next !== undefined; next = flow.shift()) {
        const { seq, ack, flags, window, options, payload } = { ...segment('. 0:0(0)'), ...next };
        ({ tcb, actions } = step(
          tcb,
          {
            type: 'segment',
            segment: { seq: seq as typeof tcb.iss, ack: ack as typeof tcb.iss, flags, window, options, payload },
          },
          millis(9),
        ));
        take();
      }
    };
    run();
    expect(heard).toEqual(['SYN_SENT', 'SYN_RECV', 'ESTABLISHED']);
    ({ tcb, actions } = step(tcb, { type: 'write', data: new Uint8Array(4000) }, millis(9)));
    run();
    expect(heard.slice(3)).toEqual(['deliver 1448', 'deliver 1448', 'deliver 1104']);
    ({ tcb, actions } = step(tcb, { type: 'close' }, millis(9)));
    run();
    expect(heard.slice(6)).toEqual(['FIN_WAIT1', 'CLOSING', 'TIME_WAIT']);
  });
});

describe('negotiation', () => {
  test('the default offer is that of Linux, option for option', () => {
    const scene = Scene.active({ ...LINUX_OFFER, timestamps: { offset: 77 } });
    expect(scene.sent()).toEqual(['S 0:0(0) win 64240 <mss 1460,sackOK,TS val 77 ecr 0,nop,wscale 7>']);
  });

  test('both offers meet: MSS less timestamps, both shifts, SACK', () => {
    const scene = Scene.established(LINUX_OFFER, 'S. 0:0(0) ack 1 <mss 1200,sackOK,TS val 9 ecr 0,nop,wscale 3>');
    expect(negotiated(scene.tcb)).toEqual({
      mss: 1188,
      sendWindowShift: 3,
      receiveWindowShift: 7,
      sack: true,
      timestamps: true,
    });
    expect(scene.tcb.sndWnd).toBe(8000);
    expect(scene.receives('. 1:1(0) ack 1 win 100 <TS val 9 ecr 0>').tcb.sndWnd).toBe(800);
  });

  test('what one side leaves out is off for both', () => {
    const scene = Scene.established(LINUX_OFFER, 'S. 0:0(0) ack 1');
    expect(negotiated(scene.tcb)).toEqual({
      mss: 536,
      sendWindowShift: 0,
      receiveWindowShift: 0,
      sack: false,
      timestamps: false,
    });
  });

  test('a SYN/ACK accepts no more than was offered', () => {
    const answer = (syn: string): string | undefined => Scene.accepted(syn, LINUX_OFFER).sent()[0];
    expect(answer('S 0:0(0) <mss 9>')).toBe('S. 0:0(0) ack 1 win 64240 <mss 1460>');
    expect(answer('S 0:0(0) <wscale 0>')).toBe('S. 0:0(0) ack 1 win 64240 <mss 1460,nop,wscale 7>');
    expect(answer('S 0:0(0) <sackOK>')).toBe('S. 0:0(0) ack 1 win 64240 <mss 1460,nop,nop,sackOK>');
    expect(answer('S 0:0(0) <TS val 5 ecr 0>')).toBe('S. 0:0(0) ack 1 win 64240 <mss 1460,nop,nop,TS val 0 ecr 5>');
  });

  test('crafted SYN options go out as they are, and what they say is what is negotiated', () => {
    const options = [
      { kind: 'wscale', shift: 2 },
      { kind: 'timestamps', value: 1, echo: 99 },
      { kind: 'unknown', code: 253, data: new Uint8Array(2) },
    ] as const;
    const scene = Scene.active({ ...LINUX_OFFER, options });
    expect(scene.sent()).toEqual(['S 0:0(0) win 64240 <wscale 2,TS val 1 ecr 99,unknown>']);
    scene.waits(50).receives('S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 9 ecr 1,wscale 4>');
    expect(negotiated(scene.tcb)).toMatchObject({
      receiveWindowShift: 2,
      sendWindowShift: 4,
      sack: false,
      timestamps: true,
    });
    // The timestamp clock goes on from the crafted value.
    expect(scene.sent()).toEqual(['. 1:1(0) ack 1 win 16060 <nop,nop,TS val 51 ecr 9>']);
  });

  test('a shift above 14 counts as 14, an MSS of 0 as one that leaves room', () => {
    const scene = Scene.established(LINUX_OFFER, 'S. 0:0(0) ack 1 <mss 0,wscale 200>');
    expect(negotiated(scene.tcb)).toMatchObject({ mss: 48, sendWindowShift: 14 });
  });
});
