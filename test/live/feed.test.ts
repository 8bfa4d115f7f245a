/** The feed of a connection on the network that one stands in: the moments of its recording, and its findings. In labs. */
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Diagnosis, diagnose } from '../../src/diagnosis/index.js';
import { Feed } from '../../src/evidence/feed.js';
import type { Moment } from '../../src/evidence/moment.js';
import { connectionRecording } from '../../src/evidence/recording.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { converse, type ConverseOptions } from '../../src/live/converse.js';
import { dial } from '../../src/live/dial.js';
import { emitPacket, TcpFlag } from '../../src/wire/index.js';
import { momentsOf } from '../support/feeds.js';

const PORT = 80;

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const listen = (program: (socket: Socket) => void) =>
  lab.server.listen(4, PORT, (socket) => {
    program(socket.on('error', () => undefined));
  });

const there = () => ({ host: lab.server.address(4), port: PORT, netns: lab.client.netns });

async function talk(options: Partial<ConverseOptions>) {
  const feed = new Feed();
  const [evidence, moments] = await Promise.all([
    converse({
      ...{ ...there(), adopt: false, close: 'fin', waitMs: 500, input: 'hello' },
      ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal, feed },
      ...options,
    }),
    momentsOf(feed),
  ]);
  return { recording: connectionRecording(evidence), moments };
}

const isDropped = ({ type }: Moment): boolean => type === 'dropped';

/** What only the counter tells is told last. */
const inOrderOfFeed = (moments: readonly Moment[]): readonly Moment[] => [
  ...moments.filter((moment) => !isDropped(moment)),
  ...moments.filter(isDropped),
];

/** A RST in the server's name, whose number is not the one that is expected. */
function forgeReset(to: number | undefined): void {
  const [src, dst] = [lab.server.address(4), lab.client.address(4)];
  const port = lab.server.openPort('libc', { local: src, remote: dst, mark: 1 });
  port.send(
    emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort: PORT, dstPort: to ?? 0, flags: TcpFlag.RST, seq: 1 } }),
  );
  port.close();
}

const echo = (socket: Socket): unknown => socket.pipe(socket);

test.each<[string, ((socket: Socket) => void) | undefined, Partial<ConverseOptions>, (moment: Moment) => boolean]>([
  ['data both ways, and RSTs that the filter drops', echo, {}, isDropped],
  ['given to the kernel', echo, { adopt: true }, ({ type }) => type === 'adopted'],
  [
    'with the RST of this host’s kernel',
    echo,
    { filter: 'none' },
    (moment) => moment.type === 'packet' && moment.packet.sender === 'kernel' && moment.packet.from === 'client',
  ],
  ['refused', undefined, {}, (moment) => moment.type === 'packet' && moment.packet.from === 'server'],
  [
    'with a RST that it does not believe',
    (socket) => {
      socket.on('data', () => {
        forgeReset(socket.remotePort);
        socket.end('bye');
      });
    },
    {},
    (moment) => moment.type === 'packet' && moment.packet.ignored !== undefined,
  ],
])('a connection, %s: its moments and findings are those of the recording', async (_, program, options, isTheOne) => {
  if (program !== undefined) await listen(program);
  const { recording, moments } = await talk(options);
  expect(moments.some(isTheOne)).toBe(true);
  expect(moments).toEqual(inOrderOfFeed(recording.moments));
  const diagnosis = new Diagnosis(recording.subject);
  const told = moments.flatMap((moment) => diagnosis.see(moment));
  expect([...told, ...diagnosis.end(recording.ending)]).toEqual(diagnose(recording));
});

test('what was received is told of while the connection is open, and the loop may be left', async () => {
  await listen((socket) => socket.write('welcome'));
  const feed = new Feed();
  const dialled = await dial({ ...there(), feed });
  const { connection } = dialled;
  connection.resume();
  for await (const moment of feed)
    if (moment.type === 'packet' && moment.packet.segment.payload.length > 0) {
      expect(connection.state).toBe('ESTABLISHED');
      break;
    }
  expect(feed.isOpen).toBe(false);
  await dialled.close();
});

test('what cannot be dialled ends its feed', async () => {
  const feed = new Feed();
  const all = momentsOf(feed);
  await expect(dial({ ...there(), source: '198.51.100.7', feed })).rejects.toThrow();
  expect(await all).toEqual([]);
});
