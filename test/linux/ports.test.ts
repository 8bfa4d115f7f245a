/** One contract for all ports: what a hand-made packet must survive on its way out, and what must come back. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryPorts } from '../../src/driver/memory-port.js';
import type { PacketPort } from '../../src/driver/ports.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { O_CLOEXEC } from '../../src/linux/libc/constants.js';
import { loadRawSocket } from '../../src/linux/port/raw-socket-module.js';
import { emitPacket, parsePacket, type Packet, type TcpInit } from '../../src/wire/index.js';

interface Ends {
  readonly left: PacketPort;
  readonly right: PacketPort;
}

interface Subject {
  readonly name: string;
  open(lab: Lab, family: 4 | 6): Ends;
}

const overKernel = (transport: 'libc' | 'raw-socket' | 'packet'): Subject => ({
  name: transport,
  open(lab, family) {
    const [left, right] = [lab.client.address(family), lab.server.address(family)];
    return {
      left: lab.client.openPort(transport, { local: left, localPort: 1000, remote: right, remotePort: 2000, mark: 7 }),
      right: lab.server.openPort(transport, { local: right, localPort: 2000, remote: left, remotePort: 1000, mark: 7 }),
    };
  },
});

const memory: Subject = {
  name: 'memory',
  open() {
    const [left, right] = memoryPorts();
    return { left, right };
  },
};

// The package is optional: `npm ci --omit=optional` leaves it out.
const subjects = [
  memory,
  overKernel('libc'),
  overKernel('packet'),
  ...('module' in loadRawSocket() ? [overKernel('raw-socket')] : []),
];

/** This process's, by what they are called (`socket:[4711]`): whether each is closed on exec. */
function sockets(): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const fd of readdirSync('/proc/self/fd')) {
    if (!existsSync(`/proc/self/fdinfo/${fd}`)) continue; // the one by which they are listed
    const [, flags = '0'] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
    const name = readlinkSync(`/proc/self/fd/${fd}`);
    if (name.startsWith('socket:')) found.set(name, (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0);
  }
  return found;
}

describe.each(subjects)('$name', (subject) => {
  describe.each([4, 6] as const)('IPv%i', (family) => {
    let lab: Lab;
    let ends: Ends;
    beforeEach(() => {
      lab = createLab();
      ends = subject.open(lab, family);
    });
    afterEach(() => {
      ends.left.close();
      ends.right.close();
      lab.close();
    });

    test('no program that is started gets its sockets', () => {
      const before = sockets();
      const more = subject.open(lab, family);
      const opened = [...sockets()].filter(([name]) => !before.has(name));
      expect(opened.every(([, closesOnExec]) => closesOnExec)).toBe(true);
      expect(opened.length > 0).toBe(subject !== memory);
      more.left.close();
      more.right.close();
    });

    const packet = (tcp: TcpInit, reverse = false): Uint8Array => {
      const [src, dst] = [lab.client.address(family), lab.server.address(family)];
      const ports = reverse ? { srcPort: 2000, dstPort: 1000 } : { srcPort: 1000, dstPort: 2000 };
      const ip = { version: family, ...(reverse ? { src: dst, dst: src } : { src, dst }) };
      return emitPacket({ ip, tcp: { ...ports, ...tcp } });
    };
    // A RST is answered by no kernel, so nothing but what is sent here is on the link.
    const segment = (seq: number, tcp: TcpInit = {}): Uint8Array => packet({ flags: 'R', seq, ...tcp });

    /** The next `count` packets, parsed only when all are there: bytes that are not ours to keep would have changed. */
    const receive = async (port: PacketPort, count: number): Promise<Packet[]> => {
      const kept = await new Promise<Uint8Array[]>((resolve, reject) => {
        const packets: Uint8Array[] = [];
        port.onError(reject);
        const unsubscribe = port.onPacket((bytes) => {
          if (packets.push(bytes) < count) return;
          unsubscribe();
          resolve(packets);
        });
      });
      return kept.map((bytes) => {
        const parsed = parsePacket(bytes);
        if (!parsed.ok) throw new Error(parsed.error.message);
        return parsed.value;
      });
    };

    test('says how its packets get out', () => {
      expect(ends.left.transport).toBe(subject.name);
    });

    test('carries a segment as it was given, options, payload and checksum', async () => {
      const arrived = receive(ends.right, 1);
      const options = [
        { kind: 'mss', mss: 1460 } as const,
        { kind: 'unknown', code: 253, data: Uint8Array.of(1, 2) } as const,
      ];
      const sent = segment(4_000_000_000, { window: 1, options, payload: Buffer.from('payload'), urgentPointer: 9 });
      ends.left.send(sent);
      const [packet] = await arrived;
      expect(packet?.ip).toMatchObject({
        version: family,
        src: lab.client.address(family),
        dst: lab.server.address(family),
      });
      expect(packet?.tcp).toMatchObject({ seq: 4_000_000_000, window: 1, options, urgentPointer: 9, checksumOk: true });
      expect(Buffer.from(packet?.tcp?.payload ?? []).toString()).toBe('payload');
    });

    test('hands over what has arrived when it is polled, if it can be, without the event loop', () => {
      const { left, right } = ends;
      expect(right.poll !== undefined).toBe(subject.name === 'libc');
      if (right.poll === undefined) return;
      const arrived: Uint8Array[] = [];
      right.onPacket((bytes) => arrived.push(bytes));
      left.send(segment(7));
      const patience = performance.now() + 5000;
      while (arrived.length === 0 && performance.now() < patience) right.poll();
      expect(arrived).toHaveLength(1);
    });

    test('keeps a wrong checksum wrong', async () => {
      const arrived = receive(ends.right, 1);
      ends.left.send(segment(1, { checksum: 0xbad }));
      expect((await arrived)[0]?.tcp).toMatchObject({ checksum: 0xbad, checksumOk: false });
    });

    test('keeps a burst in order, and what is kept is not overwritten by what follows', async () => {
      const arrived = receive(ends.right, 200);
      for (let seq = 0; seq < 200; seq++) ends.left.send(segment(seq));
      expect((await arrived).map(({ tcp }) => tcp?.seq)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    });

    test('carries packets both ways', async () => {
      const arrived = [receive(ends.left, 1), receive(ends.right, 1)];
      ends.left.send(segment(1));
      ends.right.send(packet({ flags: 'R', seq: 2 }, true));
      expect((await Promise.all(arrived)).map(([received]) => received?.tcp?.seq)).toEqual([2, 1]);
    });

    test('a full-sized segment passes', async () => {
      const arrived = receive(ends.right, 1);
      ends.left.send(segment(1, { payload: new Uint8Array(1400).fill(7) }));
      expect((await arrived)[0]?.tcp?.payload).toHaveLength(1400);
    });

    test('closes twice without complaint, and is silent after', async () => {
      const arrived = receive(ends.right, 1);
      ends.left.close();
      ends.left.close();
      ends.right.send(packet({ flags: 'R', seq: 9 }, true));
      const { right } = ends;
      right.onPacket(() => undefined);
      let heard = false;
      ends.left.onPacket(() => {
        heard = true;
      });
      const again = subject.open(lab, family);
      again.left.send(segment(3));
      if (subject !== memory) expect((await arrived)[0]?.tcp?.seq).toBe(3);
      expect(heard).toBe(false);
      again.left.close();
      again.right.close();
    });
  });
});

describe('a port opened for one flow', () => {
  test.each(subjects.slice(1))('$name hears no other flow', async (subject) => {
    const lab = createLab();
    const { left, right } = subject.open(lab, 4);
    const heard: number[] = [];
    const [src, dst] = [lab.client.address(4), lab.server.address(4)];
    const arrived = new Promise<void>((resolve) => {
      right.onPacket((bytes) => {
        const parsed = parsePacket(bytes);
        heard.push(parsed.ok ? (parsed.value.tcp?.seq ?? -1) : -1);
        if (heard.at(-1) === 99) resolve();
      });
    });
    const send = (srcPort: number, dstPort: number, seq: number) => {
      left.send(emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort, dstPort, seq, flags: 'R' } }));
    };
    send(1001, 2000, 1);
    send(1000, 2001, 2);
    send(1000, 2000, 99);
    await arrived;
    expect(heard).toEqual([99]);
    left.close();
    right.close();
    lab.close();
  });
});

// The package is optional, as above.
describe.each('module' in loadRawSocket() ? ([4, 6] as const) : [])('raw-socket under a flood, IPv%i', (family) => {
  test('what is to be sent does not wait until all is read', async () => {
    const lab = createLab();
    const [left, right] = [lab.client.address(family), lab.server.address(family)];
    const flow = { local: left, localPort: 1000, remote: right, remotePort: 2000 };
    const port = lab.client.openPort('raw-socket', flow);
    const flooder = lab.server.openPort('libc', { local: right, localPort: 2000, remote: left, remotePort: 1000 });
    const segment = (src: string, srcPort: number, dst: string, dstPort: number) =>
      emitPacket({ ip: { version: family, src, dst }, tcp: { srcPort, dstPort, flags: 'R' } });
    for (let i = 0; i < 100; i++) flooder.send(segment(right, 2000, left, 1000));
    let read = 0;
    const all = new Promise<void>((resolve) => {
      port.onPacket(() => {
        read += 1;
        if (read === 100) resolve();
      });
    });
    const arrived = new Promise<Uint8Array>((resolve) => flooder.onPacket(resolve));
    for (let i = 0; i < 10; i++) port.send(segment(left, 1000, right, 2000));
    await port.drained?.();
    expect(read).toBeLessThan(20);
    await Promise.all([arrived, all]);
    for (const opened of [port, flooder, lab]) opened.close();
  });
});
