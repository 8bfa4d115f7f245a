import { expect, test } from 'vitest';
import {
  answerFrame,
  questionFrame,
  readNeighbourMessage,
  solicitedNode,
} from '../../src/linux/port/neighbour-messages.js';
import { type Addressee, Neighbours } from '../../src/linux/port/neighbours.js';
import type { RouteTable } from '../../src/linux/netlink/route-table.js';
import { millis } from '../../src/tcp/types.js';
import { formatMac } from '../../src/wire/index.js';
import { FakeClock } from '../support/memory.js';

const SELF = { address: '192.0.2.1', mac: '02:00:00:00:00:01' };
const ROUTER = { address: '192.0.2.9', mac: '02:00:00:00:00:09' };

/** All that does not begin with 192.0. is behind the router; the kernel knows no neighbour but those in `table`. */
const routesBy = (table: ReadonlyMap<string, Uint8Array>): RouteTable => ({
  nextHop: (destination) => ({
    interfaceIndex: 2,
    address: destination.startsWith('192.0.') ? destination : ROUTER.address,
    isLocal: false,
    source: undefined,
  }),
  neighbour: (address) => table.get(address),
  close: () => undefined,
});

const setUp = () => {
  const clock = new FakeClock();
  const table = new Map([['192.0.2.5', Uint8Array.of(2, 0, 0, 0, 0, 5)]]);
  const asked: unknown[] = [];
  const errors: string[] = [];
  const neighbours = new Neighbours({
    interfaceIndex: 2,
    self: SELF,
    routes: routesBy(table),
    leaving: {},
    clock,
    transmit: (frame) => {
      const message = readNeighbourMessage(frame);
      asked.push(message?.kind === 'question' && message.asker.address === SELF.address ? message.target : message);
    },
    onUnreachable: ({ code }) => errors.push(code),
  });
  const found: string[] = [];
  const find = (destination: string, addressee?: Addressee) => {
    neighbours.find(destination, (mac) => found.push(`${destination} ${formatMac(mac)}`), addressee);
  };
  const later = (ms: number) => {
    clock.wakeAt(millis(clock.now() + ms), () => undefined);
    while (clock.advance());
  };
  return { clock, table, asked, errors, neighbours, found, find, later };
};

test('whom the kernel knows nobody is asked for', () => {
  const { asked, neighbours, found, find } = setUp();
  find('192.0.2.5');
  expect(found).toEqual(['192.0.2.5 02:00:00:00:00:05']);
  expect(asked).toEqual([]);
  expect(neighbours.known('192.0.2.5')).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 5));
});

test('one question for all that is behind the same router, asked again until it is answered', () => {
  const { clock, asked, errors, neighbours, found, find } = setUp();
  find('198.51.100.1');
  find('203.0.113.1');
  clock.advance();
  expect(asked).toEqual([ROUTER.address, ROUTER.address]);
  neighbours.answered({ address: '192.0.2.8', mac: '02:00:00:00:00:08' }); // nobody asked
  neighbours.answered(ROUTER);
  expect(found).toEqual([`198.51.100.1 ${ROUTER.mac}`, `203.0.113.1 ${ROUTER.mac}`]);
  find('203.0.113.1');
  expect(neighbours.known('203.0.113.1')).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 9));
  expect(neighbours.known('192.0.2.8')).toBeUndefined();
  expect(clock.alarms).toBe(0);
  expect(errors).toEqual([]);
});

test('nobody answers three questions: unreachable, and asked for anew the next time', () => {
  const { clock, asked, errors, found, find } = setUp();
  find('192.0.2.7');
  while (clock.advance());
  expect(clock.now()).toBe(3000);
  expect(asked).toHaveLength(3);
  expect(errors).toEqual(['EHOSTUNREACH']);
  find('192.0.2.7');
  expect(asked).toHaveLength(4);
  expect(found).toEqual([]);
});

/** Of a network where nobody is. */
const nobody = (i: number): string => `192.0.${4 + (i >> 8)}.${i & 0xff}`;

test('no more than 101 packets wait for one neighbour, and no more than 2048 neighbours are asked for', () => {
  const { asked, errors, neighbours, found, find } = setUp();
  for (let i = 0; i < 200; i++) find('192.0.2.7');
  neighbours.answered({ address: '192.0.2.7', mac: SELF.mac });
  expect(found).toHaveLength(101);
  for (let i = 0; i < 2049; i++) find(nobody(i));
  expect(asked).toHaveLength(1 + 2048);
  expect(errors).toEqual(['ENOBUFS']);
});

test('strangers who do not answer leave room for peers, and those that the kernel knows; what is left out is not said', () => {
  const { asked, errors, neighbours, found, find } = setUp();
  for (let i = 0; i < 3000; i++) find(nobody(i), 'stranger');
  expect(asked).toHaveLength(1024);
  find('192.0.2.5', 'stranger');
  find('192.0.2.7', 'peer');
  neighbours.answered({ address: '192.0.2.7', mac: '02:00:00:00:00:07' });
  expect(found).toEqual(['192.0.2.5 02:00:00:00:00:05', '192.0.2.7 02:00:00:00:00:07']);
  expect(errors).toEqual([]);
});

test('behind a router that strangers wait for too, what is for peers has its own places and leaves first', () => {
  const { neighbours, found, find } = setUp();
  for (let i = 0; i < 200; i++) find(`203.0.113.${i}`, 'stranger');
  find('198.51.100.1', 'peer');
  neighbours.answered(ROUTER);
  expect(found).toHaveLength(1 + 101);
  expect(found.slice(0, 2)).toEqual([`198.51.100.1 ${ROUTER.mac}`, `203.0.113.0 ${ROUTER.mac}`]);
});

test('no more than 8192 packets to strangers wait in all, and room comes back with whoever answers, or does not', () => {
  const { clock, neighbours, found, find } = setUp();
  const fill = () => {
    for (let i = 0; i < 100; i++) for (let packets = 0; packets < 101; packets++) find(nobody(i), 'stranger');
  };
  fill();
  while (clock.advance());
  fill();
  for (let i = 0; i < 100; i++) neighbours.answered({ address: nobody(i), mac: SELF.mac });
  expect(found).toHaveLength(8192);
  find('192.0.2.7', 'stranger');
  neighbours.answered({ address: '192.0.2.7', mac: SELF.mac });
  expect(found).toHaveLength(8193);
});

test('no more than 1024 ways are kept', () => {
  const { neighbours, table, find } = setUp();
  table.set(ROUTER.address, Uint8Array.of(2, 0, 0, 0, 0, 9));
  for (let i = 0; i < 1025; i++) find(`198.51.${i >> 8}.${i & 0xff}`);
  expect(neighbours.known('198.51.0.0')).toBeUndefined();
  expect(neighbours.known('198.51.0.1')).toBeDefined();
});

test('the kernel’s word is asked for anew, and where it has none any more, the link', () => {
  const { table, asked, found, find, later } = setUp();
  find('192.0.2.5');
  table.set('192.0.2.5', Uint8Array.of(2, 0, 0, 0, 0, 6));
  find('192.0.2.5');
  later(1000);
  find('192.0.2.5');
  expect(found.map((line) => line.slice(-2))).toEqual(['05', '05', '06']);
  table.clear();
  later(1000);
  find('192.0.2.5');
  expect(found).toHaveLength(3);
  expect(asked).toEqual(['192.0.2.5']);
});

test('what the link said is asked for again after 30 s, is good meanwhile, and is forgotten where nobody answers', () => {
  const { asked, errors, neighbours, found, find, later } = setUp();
  find('192.0.2.7');
  neighbours.answered({ address: '192.0.2.7', mac: '02:00:00:00:00:07' });
  later(29_000);
  find('192.0.2.7');
  expect(asked).toHaveLength(1);
  later(1000);
  find('192.0.2.7');
  expect(asked).toHaveLength(2);
  neighbours.answered({ address: '192.0.2.7', mac: '02:00:00:00:00:08' });
  find('192.0.2.7');
  expect(found.map((line) => line.slice(-2))).toEqual(['07', '07', '07', '08']);
  later(30_000);
  find('192.0.2.7');
  later(4000);
  expect(asked).toHaveLength(5);
  expect(errors).toEqual([]); // nothing was lost
  find('192.0.2.7');
  expect(found).toHaveLength(5);
  expect(asked).toHaveLength(6);
});

test('closing leaves no alarm', () => {
  const { clock, neighbours, find } = setUp();
  find('192.0.2.7');
  expect(clock.alarms).toBe(1);
  neighbours.close();
  expect(clock.alarms).toBe(0);
});

test.each([
  [SELF, ROUTER],
  [
    { address: '2001:db8::1', mac: SELF.mac },
    { address: '2001:db8::12:3456', mac: ROUTER.mac },
  ],
])('question and answer are read as they were written: %o', (asker, other) => {
  expect(readNeighbourMessage(questionFrame(other.address, asker))).toEqual({
    kind: 'question',
    target: other.address,
    asker,
  });
  expect(readNeighbourMessage(answerFrame(asker, other))).toEqual({ kind: 'answer', station: other });
});

test('what a router may have passed on, or is damaged, tells nothing', () => {
  const frame = questionFrame('2001:db8::2', { address: '2001:db8::1', mac: SELF.mac });
  for (const [at, value] of [
    [21, 254],
    [60, 0xff],
  ] as const) {
    const bad = frame.slice();
    bad[at] = value;
    expect(readNeighbourMessage(bad)).toBeUndefined();
  }
  expect(readNeighbourMessage(new Uint8Array(5))).toBeUndefined();
});

test.each(['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '33:33:00:00:00:01', '03:00:00:00:00:09', '00:00:00:00:00:00'])(
  'nobody is believed to have the link address %s, whether he answers or asks',
  (mac) => {
    for (const [address, other] of [
      ['192.0.2.9', SELF.address],
      ['2001:db8::9', '2001:db8::1'],
    ] as const) {
      const asker = { address: other, mac: SELF.mac };
      expect(readNeighbourMessage(answerFrame(asker, { address, mac }))).toBeUndefined();
      expect(readNeighbourMessage(questionFrame(other, { address, mac }))).toBeUndefined();
    }
  },
);

test('an IPv6 address is asked for at the group of its last 24 bits', () => {
  expect(solicitedNode('2001:db8::12:3456')).toEqual({ address: 'ff02::1:ff12:3456', mac: '33:33:ff:12:34:56' });
});
