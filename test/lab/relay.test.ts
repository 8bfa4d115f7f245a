/** The link with this process in its middle: it carries everything, and what crosses is under control. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type RelayLab } from '../../src/lab/lab.js';
import { Relay, type RelayedFrame } from '../../src/lab/relay.js';
import { connectInside } from '../../src/linux/port/kernel-socket.js';
import { EtherType, formatFlags, parseFrame, type Frame } from '../../src/wire/index.js';

const PORT = 8888;
/** First byte of an Ethernet address. */
const [UNICAST, MULTICAST] = [0x02, 0x33];

const frameOf = ({ bytes }: RelayedFrame): Frame => {
  const parsed = parseFrame(bytes, 'ethernet');
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
};

const flagsOf = (frame: RelayedFrame): string => {
  const { packet } = frameOf(frame);
  return packet?.tcp === undefined ? '' : formatFlags(packet.tcp.flags);
};

describe.each([4, 6] as const)('IPv%i', (family) => {
  let lab: RelayLab;
  let frames: RelayedFrame[];
  beforeEach(() => {
    lab = createLab({ link: 'relay' });
    frames = [];
    lab.relay.onFrame((frame) => frames.push(frame));
  });
  afterEach(() => {
    lab.close();
  });

  const fromClient = (localPort = 0): Socket =>
    connectInside(lab.client.netns, {
      local: lab.client.address(family),
      localPort,
      remote: lab.server.address(family),
      remotePort: PORT,
    });
  const tcpFrames = (): RelayedFrame[] => frames.filter((frame) => flagsOf(frame) !== '');

  test('the first frame of a fresh link arrives, ten times in a row', async () => {
    for (let i = 0; i < 10; i++) {
      const fresh = createLab({ link: 'relay' });
      const seen: string[] = [];
      fresh.relay.onFrame((frame) => seen.push(`${frame.direction} ${flagsOf(frame)}`));
      const socket = connectInside(fresh.client.netns, {
        local: fresh.client.address(family),
        remote: fresh.server.address(family),
        remotePort: PORT,
      });
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toBe('ECONNREFUSED');
      expect(seen.filter((text) => !text.endsWith(' '))).toEqual(['client-to-server S', 'server-to-client R.']);
      fresh.close();
    }
  });

  test('simultaneous open: both SYNs held until both are out, then released', async () => {
    const { relay, client, server } = lab;
    relay.hold({ tcp: { flags: 'S' } });
    const left = fromClient(41000);
    const right = connectInside(server.netns, {
      local: server.address(family),
      localPort: PORT,
      remote: client.address(family),
      remotePort: 41000,
    });
    await relay.untilHeld(2);
    expect(new Set(relay.held.map(({ direction }) => direction)).size).toBe(2);
    const flow = { src: client.address(family), srcPort: 41000, dst: server.address(family), dstPort: PORT };
    const owner = { left: () => client.lookup(flow).owner, right: () => server.lookup(reverse(flow)).owner };
    expect([owner.left(), owner.right()]).toEqual(['SYN_SENT', 'SYN_SENT']);

    const connected = Promise.all([once(left, 'connect'), once(right, 'connect')]);
    relay.release();
    expect(relay.held).toEqual([]);
    await connected;
    expect([owner.left(), owner.right()]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(tcpFrames().map(flagsOf).join(' ')).toBe('S S S. S. . .');

    const heard = Promise.all([once(left, 'data'), once(right, 'data')]);
    left.write('from the left');
    right.write('from the right');
    expect((await heard).map(String)).toEqual(['from the right', 'from the left']);
    for (const socket of [left, right]) socket.resetAndDestroy();
  });

  test('what is dropped comes again: the first SYN/ACK, and only that', async () => {
    const accepted: Socket[] = [];
    const listener = await lab.server.listen(family, PORT, (socket) => accepted.push(socket));
    const rule = lab.relay.drop({ direction: 'server-to-client', tcp: { flags: 'S.' } }, 1);
    const socket = fromClient();
    await once(socket, 'connect');
    expect(rule.count).toBe(1);
    const synAcks = tcpFrames().filter((frame) => flagsOf(frame) === 'S.');
    expect(synAcks[0]?.fate).toBe('dropped');
    expect(synAcks.slice(1).map(({ fate }) => fate)).toContain('passed');
    for (const open of [socket, ...accepted]) open.destroy();
    listener.close();
  });

  test('one held frame can pass before the others', async () => {
    const listener = await lab.server.listen(family, PORT, (socket) => socket.destroy());
    const hold = lab.relay.hold({ tcp: { flags: 'S' } });
    const [first, second] = [fromClient(41000), fromClient(41001)];
    await lab.relay.untilHeld(2);
    const [, late] = lab.relay.held;
    if (late === undefined) throw new Error('nothing is held');
    lab.relay.pass(late);
    lab.relay.pass(late);
    const winner = await Promise.race(
      [first, second].map(async (socket) => once(socket, 'connect').then(() => socket)),
    );
    const { packet } = frameOf(late);
    expect(winner.localPort).toBe(packet?.tcp?.srcPort);
    expect(lab.relay.held).toHaveLength(1);
    hold.close();
    lab.relay.release();
    await once(winner === first ? second : first, 'connect');
    for (const socket of [first, second]) socket.destroy();
    listener.close();
  });

  test('neighbours are found through it', async () => {
    const { client, server, relay } = lab;
    for (const host of [client, server]) host.run(['ip', 'neigh', 'flush', 'dev', 'eth0', 'nud', 'permanent']);
    const answers = { 4: { etherType: EtherType.ARP }, 6: { icmpv6: { kind: 'neighborAdvertisement' } } } as const;
    relay.hold({ direction: 'server-to-client', ...answers[family] }, 1);
    const socket = fromClient();
    const refused = once(socket, 'error');
    await relay.untilHeld(1);
    const [answer] = relay.held.map(frameOf);
    if (family === 4) expect(answer?.arp).toMatchObject({ operation: 'reply', senderIp: '192.0.2.2' });
    else expect(answer?.packet?.icmpv6).toMatchObject({ kind: 'neighborAdvertisement', target: '2001:db8::2' });
    relay.release();
    expect(((await refused)[0] as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
  });

  test.each([
    ['a good link', {}],
    ['a bad one', { seed: 3, loss: 0.02, duplication: 0.02, reordering: 0.02, reorderingMs: 1, corruption: 0.01 }],
  ])('a download of 10 MB over %s is byte-identical, no frame longer than the MTU', async (_, faults) => {
    const file = Buffer.alloc(
      10_000_000,
      Uint8Array.from({ length: 251 }, (__, i) => i),
    );
    lab.relay.faults(faults);
    const listener = await lab.server.listen(family, PORT, (socket) => socket.end(file));
    const socket = fromClient();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'end');
    expect(Buffer.concat(chunks).equals(file)).toBe(true);
    const data = tcpFrames().filter(({ direction }) => direction === 'server-to-client');
    expect(Math.max(...data.map(({ bytes }) => bytes.length))).toBe(1514);
    expect(data.every((frame) => frameOf(frame).packet?.tcp?.checksumOk)).toBe(true);
    socket.end();
    listener.close();
  });
});

test('what a kernel sends to groups by its own timers has no share in the faults', () => {
  const arrived = (frames: readonly number[][]): readonly number[] => {
    const numbers: number[] = [];
    const relay = new Relay((_, [group = 0, number = 0]) => {
      if (group === UNICAST) numbers.push(number);
    });
    relay.faults({ seed: 7, loss: 0.5 });
    for (const frame of frames) relay.receive('client-to-server', Uint8Array.from(frame));
    relay.close();
    return numbers;
  };
  const frames = Array.from({ length: 40 }, (_, i) => [UNICAST, i]);
  expect(arrived(frames).length).toBeLessThan(40);
  expect(arrived(frames.flatMap((frame) => [[MULTICAST, 0], frame]))).toEqual(arrived(frames));
});

test('closing takes it down with all that it holds, twice is once', async () => {
  const lab = createLab({ link: 'relay' });
  lab.relay.hold();
  lab.relay.faults({ delayMs: 60_000 });
  const socket = connectInside(lab.client.netns, {
    local: lab.client.address(4),
    remote: lab.server.address(4),
    remotePort: PORT,
  });
  await lab.relay.untilHeld(1);
  lab.close();
  lab.close();
  expect(lab.relay.held).toEqual([]);
  socket.destroy();
});

const reverse = (flow: { src: string; srcPort: number; dst: string; dstPort: number }) => ({
  src: flow.dst,
  srcPort: flow.dstPort,
  dst: flow.src,
  dstPort: flow.srcPort,
});
