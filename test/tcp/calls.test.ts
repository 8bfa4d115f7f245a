/** The user's calls in every state. RFC 9293 §3.10.2 to §3.10.5. */
import { describe, expect, test } from 'vitest';
import { Scene } from './scene.js';

const FIN = 'F. 1:1(0) ack 1';

/** A connection in each state. */
const SCENES = {
  CLOSE: () => Scene.established().aborts(),
  LISTEN: () => Scene.listening(),
  SYN_SENT: () => Scene.active(),
  SYN_RECV: () => Scene.accepted(),
  ESTABLISHED: () => Scene.established(),
  FIN_WAIT1: () => Scene.established().closes(),
  FIN_WAIT2: () => Scene.established().closes().receives('. 1:1(0) ack 2'),
  CLOSE_WAIT: () => Scene.established().receives(FIN),
  CLOSING: () => Scene.established().closes().receives(FIN),
  LAST_ACK: () => Scene.established().receives(FIN).closes(),
  TIME_WAIT: () => Scene.established().closes().receives('F. 1:1(0) ack 2'),
} as const;

type State = keyof typeof SCENES;

/** In `state`; what led there is taken note of already. */
function sceneIn(state: State): Scene {
  const scene = SCENES[state]();
  expect(scene.state).toBe(state);
  scene.actions();
  return scene;
}

/** What a call in a state brings about: what is said, then what is sent. */
const brings = (state: State, call: (scene: Scene) => Scene): readonly string[] => [
  ...call(sceneIn(state)).said(),
  ...call(sceneIn(state)).sent(),
];

const late = ['drop: written after CLOSE'];
const twice = ['drop: closed twice'];
const gone = ['CLOSE', 'ended aborted'];
const reset = [...gone, 'R 1:1(0) win 0'];

test.each<[State, send: readonly string[], close: readonly string[], abort: readonly string[]]>([
  [
    'CLOSE',
    ['drop: written without a connection'],
    ['drop: closed without a connection'],
    ['drop: aborted without a connection'],
  ],
  ['LISTEN', ['SYN_SENT', 'S 0:0(0) win 10000 <mss 1000>'], ['CLOSE', 'ended closed'], gone],
  ['SYN_SENT', [], gone, gone],
  ['SYN_RECV', [], ['FIN_WAIT1', 'F. 1:1(0) ack 1 win 10000'], reset],
  ['ESTABLISHED', ['P. 1:4(3) ack 1 win 10000'], ['FIN_WAIT1', 'F. 1:1(0) ack 1 win 10000'], reset],
  ['FIN_WAIT1', late, twice, [...gone, 'R 2:2(0) win 0']],
  ['FIN_WAIT2', late, twice, [...gone, 'R 2:2(0) win 0']],
  ['CLOSE_WAIT', ['P. 1:4(3) ack 2 win 9999'], ['LAST_ACK', 'F. 1:1(0) ack 2 win 9999'], reset],
  ['CLOSING', late, twice, gone],
  ['LAST_ACK', late, twice, gone],
  // The end was told of already.
  ['TIME_WAIT', late, twice, ['CLOSE']],
])('SEND, CLOSE and ABORT in %s', (state, send, close, abort) => {
  expect(brings(state, (scene) => scene.writes(3))).toEqual(send);
  expect(brings(state, (scene) => scene.closes())).toEqual(close);
  expect(brings(state, (scene) => scene.aborts())).toEqual(abort);
});

test('syn-received: CLOSE with bytes queued waits for established; no SEND and no CLOSE more', () => {
  const scene = sceneIn('SYN_RECV').writes(3).closes();
  expect(scene.writes(1).closes().said()).toEqual([...late, ...twice]);
  expect(scene.state).toBe('SYN_RECV');
  expect(scene.receives('. 1:1(0) ack 1').sent()).toEqual(['FP. 1:4(3) ack 1 win 10000']);
  expect(scene.state).toBe('FIN_WAIT1');
});

test('syn-sent: what was written before the connection goes out with it, in order', () => {
  const scene = sceneIn('LISTEN').writes(3).writes(2);
  expect(scene.receives('S. 0:0(0) ack 1').sent().slice(1)).toEqual([
    '. 1:1(0) ack 1 win 10000',
    'P. 1:6(5) ack 1 win 10000',
  ]);
});

test.each([
  ['CLOSING', (scene: Scene) => scene.closes().receives('F. 1:1(0) ack 1 win 0')],
  ['LAST_ACK', (scene: Scene) => scene.receives('F. 1:1(0) ack 1 win 0').closes()],
] as const)('%s with bytes unsent: ABORT sends RST, for the FIN was not sent yet', (state, lead) => {
  const scene = lead(Scene.established({}, 'S. 0:0(0) ack 1 win 0').writes(3));
  scene.actions();
  expect([scene.state, ...scene.aborts().sent()]).toEqual([state, 'R 1:1(0) win 0']);
});

describe('RECEIVE', () => {
  const data = '. 1:5001(5000) ack 1';

  test.each<[State, string]>([
    ['ESTABLISHED', '. 1:1(0) ack 5001 win 10000'],
    ['FIN_WAIT1', '. 2:2(0) ack 5001 win 10000'],
    ['FIN_WAIT2', '. 2:2(0) ack 5001 win 10000'],
  ])('%s: an ACK of its own where it doubles the window, and not before', (state, ack) => {
    const scene = sceneIn(state).receives(state === 'FIN_WAIT2' ? data.replace('ack 1', 'ack 2') : data);
    expect(scene.sent().at(-1)).toMatch(/ack 5001 win 5000$/);
    // A full segment more, but no more than half of what is open.
    expect(scene.consumes(4999).sent()).toEqual([]);
    expect(scene.consumes(1).sent()).toEqual([ack]);
    expect(scene.consumes(1).sent()).toEqual([]);
  });

  test.each<State>(['CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'])(
    '%s: nothing more will come, so no window is told of',
    (state) => {
      const acked = state === 'TIME_WAIT' ? 'ack 2' : 'ack 1';
      const scene = Scene.established();
      if (state === 'CLOSING' || state === 'TIME_WAIT') scene.closes();
      scene.receives(`. 1:9001(9000) ${acked}`, `F. 9001:9001(0) ${acked}`);
      if (state === 'LAST_ACK') scene.closes();
      scene.actions();
      expect([scene.state, ...scene.consumes(9000).sent()]).toEqual([state]);
    },
  );
});
