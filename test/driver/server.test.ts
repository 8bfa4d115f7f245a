import { once } from 'node:events';
import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { RawConnection } from '../../src/driver/raw-connection.js';
import type { ListenOptions } from '../../src/driver/listen-options.js';
import { listen, RawServer } from '../../src/driver/raw-server.js';
import { systemClock } from '../../src/linux/libc/clock.js';
import { Listeners } from '../../src/driver/listeners.js';
import type { AreOwnedByKernel, PacketPort, Refused } from '../../src/driver/ports.js';
import { readSegment } from '../../src/driver/receive.js';
import type { TraceEntry } from '../../src/driver/trace.js';
import { millis } from '../../src/tcp/types.js';
import {
  emitPacket,
  formatFlags,
  type Ipv4Init,
  parsePacket,
  type TcpInit,
  type TcpSegment,
} from '../../src/wire/index.js';
import { FakeClock, FLOW, ScriptedPeer } from '../support/memory.js';

const SERVER = { address: FLOW.dst, localPort: FLOW.dstPort };

/** A server at one end of a memory link, whatever the test wants at the other. */
function setUp(options: Partial<ListenOptions> = {}) {
  const [near, far] = memoryPorts();
  const clock = new FakeClock();
  const server = listen({ port: far, clock, ...SERVER, ...options });
  return { server, clock, near };
}

/** Segments that the server sends to anyone. */
function listenTo(port: PacketPort): ScriptedPeer {
  return new ScriptedPeer(port);
}

const from = (srcPort: number, tcp: TcpInit): Uint8Array =>
  emitPacket({ ip: { version: 4, src: FLOW.src, dst: FLOW.dst }, tcp: { srcPort, dstPort: FLOW.dstPort, ...tcp } });

const flags = ({ flags: mask }: TcpSegment): string => formatFlags(mask);

describe('the passive open', () => {
  test('listen: SYN is answered with SYN/ACK, and the ACK makes a connection', async () => {
    const { server, near } = setUp();
    const peer = listenTo(near);
    near.send(from(1000, { flags: 'S', seq: 7, window: 1000 }));
    const synAck = await peer.next();
    expect([flags(synAck), synAck.ack]).toEqual(['S.', 8]);
    const connected = once(server, 'connection') as Promise<[RawConnection]>;
    near.send(from(1000, { flags: '.', seq: 8, ack: synAck.seq + 1, window: 1000 }));
    const [connection] = await connected;
    expect(connection.state).toBe('ESTABLISHED');
    expect(connection.flow).toEqual({ src: FLOW.dst, srcPort: 8888, dst: FLOW.src, dstPort: 1000 });
    server.abandon();
  });

  test('no timestamp tells the clock: not in a SYN/ACK that is kept, nor in a cookie', async () => {
    const { server, near } = setUp({ backlog: 1 });
    const peer = listenTo(near);
    const options = [{ kind: 'timestamps', value: 1, echo: 0 }] as const;
    const values = new Set<number>();
    for (const srcPort of [1000, 1001, 1002]) {
      near.send(from(srcPort, { flags: 'S', seq: 7, window: 1000, options }));
      const { options: answered } = await peer.next();
      for (const option of answered) if (option.kind === 'timestamps') values.add(option.value >>> 8);
    }
    expect(values.size).toBe(3);
    server.abandon();
  });

  test('ACK of nothing is answered with RST, RST with nothing, garbage with nothing', async () => {
    const { server, near } = setUp();
    const peer = listenTo(near);
    near.send(from(1, { flags: 'R', seq: 1 }));
    near.send(new Uint8Array([0x45, 1, 2]));
    near.send(from(2, { flags: '.', seq: 5, ack: 99 }));
    const reset = await peer.next();
    expect([flags(reset), reset.seq, reset.dstPort]).toEqual(['R', 99, 2]);
    server.abandon();
  });

  test('a SYN with a wrong checksum, with FIN, or to another port, is not answered', async () => {
    const { server, near } = setUp();
    const peer = listenTo(near);
    near.send(from(1, { flags: 'S', checksum: 1 }));
    near.send(from(2, { flags: 'S', dstPort: 9 }));
    for (const flags of ['SF', 'SFP', 'SFPUEW']) near.send(from(4, { flags }));
    near.send(from(3, { flags: 'S' }));
    expect((await peer.next()).dstPort).toBe(3);
    server.abandon();
  });

  test('where the SYN/ACK is crafted, SYNs beyond the backlog are dropped, and a handshake that ends makes room', async () => {
    const { server, near } = setUp({ backlog: 2, tcp: { iss: 9 } });
    const pressures: string[] = [];
    server.on('pressure', (pressure) => pressures.push(pressure));
    const peer = listenTo(near);
    for (const port of [1, 2, 3]) near.send(from(port, { flags: 'S', seq: 1 }));
    expect([(await peer.next()).dstPort, (await peer.next()).dstPort]).toEqual([1, 2]);
    near.send(from(1, { flags: 'R', seq: 2 }));
    near.send(from(3, { flags: 'S', seq: 1 }));
    expect((await peer.next()).dstPort).toBe(3);
    expect(pressures).toEqual(['syn-dropped']);
    expect(server.connections).toBe(2);
    const counted = new Promise<number>((resolve) => {
      server.getConnections((_error, count) => {
        resolve(count);
      });
    });
    expect(await counted).toBe(2);
    server.abandon();
  });

  test('a handshake that is reset before its end is nobody’s error', async () => {
    const { server, near } = setUp();
    const peer = listenTo(near);
    near.send(from(1, { flags: 'S', seq: 1 }));
    await peer.next();
    near.send(from(1, { flags: 'R', seq: 2 }));
    const closed = once(server, 'close');
    server.close();
    await closed;
    expect(server.connections).toBe(0);
  });

  test('a new SYN takes over a connection in TIME-WAIT', async () => {
    const { server, near } = setUp();
    const peer = listenTo(near);
    server.on('connection', (connection) => connection.resume().end());
    near.send(from(1, { flags: 'S', seq: 100, window: 5000 }));
    const first = await peer.next();
    near.send(from(1, { flags: '.', seq: 101, ack: first.seq + 1, window: 5000 }));
    expect(flags(await peer.next())).toBe('F.');
    near.send(from(1, { flags: 'F.', seq: 101, ack: first.seq + 2, window: 5000 }));
    expect(flags(await peer.next())).toBe('.');
    near.send(from(1, { flags: 'S', seq: 90_000, window: 5000 }));
    const second = await peer.next();
    expect([flags(second), second.ack]).toEqual(['S.', 90_001]);
    server.abandon();
  });
});

describe('more than can be kept', () => {
  /** Fills the backlog with handshakes that nobody completes. */
  const crowd = async (near: PacketPort, peer: ScriptedPeer, size: number): Promise<void> => {
    for (let port = 1; port <= size; port++) {
      near.send(from(port, { flags: 'S', seq: 1 }));
      await peer.next();
    }
  };

  test('beyond the backlog a SYN is answered, nothing is kept of it, and its ACK makes a connection with its data', async () => {
    const { server, near, clock } = setUp({ backlog: 2 });
    const pressures: string[] = [];
    server.on('pressure', (pressure) => pressures.push(pressure));
    const peer = listenTo(near);
    await crowd(near, peer, 2);
    const alarms = clock.alarms;
    near.send(from(9, { flags: 'S', seq: 70, window: 1000, options: [{ kind: 'mss', mss: 500 }] }));
    const synAck = await peer.next();
    expect([flags(synAck), synAck.ack]).toEqual(['S.', 71]);
    expect([server.connections, clock.alarms, pressures]).toEqual([2, alarms, ['syn-cookie']]);
    const connected = once(server, 'connection') as Promise<[RawConnection]>;
    near.send(from(9, { flags: 'P.', seq: 71, ack: synAck.seq + 1, payload: Buffer.from('hello') }));
    const [connection] = await connected;
    expect(String(await once(connection, 'data'))).toBe('hello');
    expect(connection.negotiated.mss).toBe(256);
    server.abandon();
  });

  /** A cookie for port 9, whose SYN then comes again and gets a place: its client sends no more than this. */
  const cookieThenPlace = async (near: PacketPort, peer: ScriptedPeer) => {
    await crowd(near, peer, 2);
    near.send(from(9, { flags: 'S', seq: 70 }));
    const cookie = (await peer.next()).seq;
    near.send(from(1, { flags: 'R', seq: 2 }));
    near.send(from(9, { flags: 'S', seq: 70 }));
    const kept = (await peer.next()).seq;
    expect(kept).not.toBe(cookie);
    return { cookie, kept };
  };

  test('a cookie is good though its flow was given a place since: no RST, as from a kernel', async () => {
    const { server, near } = setUp({ backlog: 2 });
    const peer = listenTo(near);
    const { cookie } = await cookieThenPlace(near, peer);
    const connected = once(server, 'connection') as Promise<[RawConnection]>;
    near.send(from(9, { flags: 'P.', seq: 71, ack: cookie + 1, payload: Buffer.from('hello') }));
    const [connection] = await connected;
    expect(String(await once(connection, 'data'))).toBe('hello');
    expect(server.connections).toBe(2); // and no half-open one of it
    server.abandon();
  });

  test('what is no cookie is refused by the one that has the place, which stays', async () => {
    const { server, near } = setUp({ backlog: 2 });
    const peer = listenTo(near);
    const { cookie, kept } = await cookieThenPlace(near, peer);
    near.send(from(9, { flags: '.', seq: 71, ack: cookie + 1001 }));
    const reset = await peer.next();
    expect([flags(reset), reset.seq]).toEqual(['R', (cookie + 1001) >>> 0]);
    const connected = once(server, 'connection');
    near.send(from(9, { flags: '.', seq: 71, ack: kept + 1 }));
    await connected;
    server.abandon();
  });

  test('an ACK is no cookie where none were sent, nor long after', async () => {
    const { server, near, clock } = setUp({ backlog: 1 });
    const peer = listenTo(near);
    await crowd(near, peer, 1);
    near.send(from(9, { flags: 'S', seq: 70 }));
    const { seq } = await peer.next();
    // SYN/ACKs are repeated for 63 s, and what is left of the cookie's time is less than another two minutes.
    while (clock.now() < 63_000) clock.advance();
    clock.wakeAt(millis(clock.now() + 200_000), () => undefined);
    while (clock.advance());
    const refused = new Promise<string>((resolve) => {
      near.onPacket((bytes) => {
        const parsed = parsePacket(bytes);
        if (parsed.ok && parsed.value.tcp?.dstPort === 9) resolve(flags(parsed.value.tcp));
      });
    });
    near.send(from(9, { flags: '.', seq: 71, ack: seq + 1 }));
    expect(await refused).toBe('R');
    expect(server.connections).toBe(0);
    server.abandon();
  });

  test('beyond maxConnections no more are opened, until one is gone', async () => {
    const { server, near } = setUp({ maxConnections: 1 });
    const pressures: string[] = [];
    server.on('pressure', (pressure) => pressures.push(pressure));
    const peer = listenTo(near);
    const numbers: number[] = [];
    for (const port of [1, 2]) {
      near.send(from(port, { flags: 'S', seq: 1 }));
      numbers.push((await peer.next()).seq);
    }
    const [first = 0, second = 0] = numbers;
    server.on('connection', (connection) => connection.on('error', () => undefined));
    const connected = once(server, 'connection');
    near.send(from(1, { flags: '.', seq: 2, ack: first + 1 }));
    await connected;
    near.send(from(2, { flags: '.', seq: 2, ack: second + 1 }));
    near.send(from(3, { flags: 'S', seq: 1 }));
    near.send(from(1, { flags: 'R', seq: 2 }));
    // The other side sends its ACK again with the data behind it.
    const next = once(server, 'connection') as Promise<[RawConnection]>;
    near.send(from(2, { flags: 'P.', seq: 2, ack: second + 1, payload: Buffer.from('x') }));
    expect((await next)[0].remotePort).toBe(2);
    expect(pressures).toEqual(['connection-dropped', 'connection-dropped']);
    server.abandon();
  });

  test('where a quarter of the places is taken, the next are offered a smaller window', async () => {
    const { server, near } = setUp({ maxConnections: 4 });
    const peer = listenTo(near);
    server.on('connection', (connection) => connection.on('error', () => undefined));
    const windows: number[] = [];
    for (const port of [1, 2, 3]) {
      near.send(from(port, { flags: 'S', seq: 100, window: 5000 }));
      const { seq, window } = await peer.next();
      windows.push(window);
      const connected = once(server, 'connection');
      near.send(from(port, { flags: '.', seq: 101, ack: seq + 1, window: 5000 }));
      await connected;
    }
    expect(windows).toEqual([64240, 16384, 16384]);
    server.abandon();
  });

  test('a connection in TIME-WAIT gives way to a new one', async () => {
    const { server, near } = setUp({ maxConnections: 1 });
    const peer = listenTo(near);
    server.on('connection', (connection) => connection.resume().end());
    for (const port of [1, 2, 3]) {
      near.send(from(port, { flags: 'S', seq: 100, window: 5000 }));
      const { seq, dstPort } = await peer.next();
      expect(dstPort).toBe(port);
      near.send(from(port, { flags: '.', seq: 101, ack: seq + 1, window: 5000 }));
      expect(flags(await peer.next())).toBe('F.');
      near.send(from(port, { flags: 'F.', seq: 101, ack: seq + 2, window: 5000 }));
      expect(flags(await peer.next())).toBe('.');
      await new Promise(setImmediate); // the stream is over in a later turn
      expect(server.connections).toBe(1);
    }
    server.abandon();
  });

  test('strangers get no more than so many RSTs a second, whoever they are', () => {
    const { server, near } = setUp();
    let resets = 0;
    near.onPacket(() => (resets += 1));
    const withheld = new Promise<void>((resolve) => {
      let count = 0;
      server.on('pressure', (pressure) => {
        if (pressure === 'reset-withheld' && ++count === 300) resolve();
      });
    });
    for (let port = 1; port <= 500; port++) near.send(from(port, { flags: '.', seq: 1, ack: 1 }));
    return withheld.then(() => {
      expect(resets).toBe(200);
      server.abandon();
    });
  });
});

describe('forged packets', () => {
  const forged = (ip: Partial<Ipv4Init>, tcp: TcpInit): Uint8Array =>
    emitPacket({
      ip: { version: 4, src: FLOW.src, dst: FLOW.dst, ...ip },
      tcp: { srcPort: 1, dstPort: FLOW.dstPort, flags: 'S', ...tcp },
    });

  test.each([
    ['from multicast', { src: '224.0.0.1' }, {}, 'from a multicast address'],
    ['from broadcast', { src: '255.255.255.255' }, {}, 'from a broadcast address'],
    ['from nowhere', { src: '0.0.0.0' }, {}, 'from the unspecified address'],
    ['to multicast', { dst: '224.0.0.1' }, {}, 'to a multicast address'],
    ['a wrong header checksum', { checksum: 1 }, {}, 'wrong IP header checksum'],
    ['the first fragment', { moreFragments: true }, {}, 'a fragment'],
    ['a wrong checksum', {}, { checksum: 1 }, 'wrong checksum'],
    ['from itself (land)', { src: FLOW.dst }, { srcPort: FLOW.dstPort }, 'source and destination are the same'],
  ])('%s: neither SYN nor ACK is answered, and the trace says why', async (_, ip, tcp, why) => {
    const dropped: string[] = [];
    const { server, near } = setUp({
      onTrace: (_flow, entry) => {
        if (entry.type === 'dropped') dropped.push(entry.why);
      },
    });
    const peer = listenTo(near);
    near.send(forged(ip, tcp));
    near.send(forged(ip, { ...tcp, flags: '.', ack: 5 }));
    near.send(from(7, { flags: 'S' }));
    expect((await peer.next()).dstPort).toBe(7);
    expect(server.refused).toBe(2);
    if (why !== 'a fragment') expect(dropped).toEqual([why, why]);
    server.abandon();
  });

  test('what the port refuses is counted and traced', () => {
    const refused = new Listeners<Refused>();
    const [near, far] = memoryPorts();
    const whys: string[] = [];
    const port: PacketPort = {
      transport: 'memory',
      send: (packet) => {
        far.send(packet);
      },
      onPacket: (listener) => far.onPacket(listener),
      onError: (listener) => far.onError(listener),
      onRefused: (listener) => refused.add(listener),
      close: () => undefined,
    };
    const onTrace = (_: unknown, entry: TraceEntry) => {
      if (entry.type === 'dropped') whys.push(entry.why);
    };
    const server = listen({ port, clock: new FakeClock(), ...SERVER, onTrace });
    refused.emit({ packet: from(1, { flags: 'S' }), why: 'a frame to another' });
    expect([server.refused, whys]).toEqual([1, ['a frame to another']]);
    near.close();
    server.abandon();
  });
});

describe('closing', () => {
  test('after close no SYN is answered but with RST, and open connections go on', async () => {
    const { server, near } = setUp();
    const peer = listenTo(near);
    near.send(from(1, { flags: 'S', seq: 1, window: 500 }));
    const { seq } = await peer.next();
    near.send(from(1, { flags: '.', seq: 2, ack: seq + 1, window: 500 }));
    const [connection] = (await once(server, 'connection')) as [RawConnection];
    server.close();
    expect(server.listening).toBe(false);
    near.send(from(2, { flags: 'S', seq: 1 }));
    expect(flags(await peer.next())).toBe('R.');
    connection.write('still here');
    expect(Buffer.from((await peer.next()).payload).toString()).toBe('still here');
    const closed = once(server, 'close');
    server.resetAllConnections();
    expect(flags(await peer.next())).toContain('R');
    await closed;
  });

  test('await using leaves nothing', async () => {
    const { server, near, clock } = setUp();
    const peer = listenTo(near);
    near.send(from(1, { flags: 'S', seq: 1 }));
    await peer.next();
    await server[Symbol.asyncDispose]();
    expect([server.connections, clock.alarms]).toEqual([0, 0]);
  });
});

/** Both ends made by hand, with the system's clock. */
function pair(onConnection: (connection: RawConnection) => void) {
  const [near, far] = memoryPorts();
  const clock = systemClock;
  const tcp = { timeWaitMs: 1 };
  const server = new RawServer({ port: far, clock, tcp, ...SERVER });
  server.on('connection', onConnection);
  let srcPort = 41000;
  const open = () => {
    const flow = { ...FLOW, srcPort: srcPort++ };
    return connect({ port: near, clock, flow, tcp });
  };
  return { server, open };
}

describe('hand-made at both ends', () => {
  test('two hundred connections at once, each with its own bytes', async () => {
    const { server, open } = pair((connection) => connection.pipe(connection));
    const replies = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const connection = open();
        connection.end(`number ${i}`);
        return (await buffer(connection)).toString();
      }),
    );
    expect(replies).toEqual(Array.from({ length: 200 }, (_, i) => `number ${i}`));
    await new Promise<void>((resolve) => server.close(resolve));
  });

  test("Node's http runs over it, at either end", async () => {
    const body = Buffer.alloc(300_000, 'rawshake ');
    const web = http.createServer((request, response) => {
      response.end(request.url === '/large' ? body : `you asked for ${request.url ?? ''}`);
    });
    const { server, open } = pair((connection) => web.emit('connection', connection));
    const get = async (path: string): Promise<Buffer> => {
      const request = http.get({ path, host: 'hand.made', createConnection: open });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      return buffer(response);
    };
    expect((await get('/hello')).toString()).toBe('you asked for /hello');
    expect((await get('/large')).equals(body)).toBe(true);
    await server[Symbol.asyncDispose]();
    web.close();
  });

  test('a reader that stops reading stops the writer, and nothing is lost when it goes on', async () => {
    const total = 3_000_000;
    const sent = Buffer.alloc(total, 'abcdefghij');
    let written = 0;
    const { server, open } = pair((connection) => {
      const write = (): void => {
        while (written < total) {
          const chunk = sent.subarray(written, written + 10_000);
          written += chunk.length;
          if (!connection.write(chunk)) {
            connection.once('drain', write);
            return;
          }
        }
        connection.end();
      };
      write();
    });
    const connection = open();
    await handshake(connection);
    await once(connection, 'readable');
    expect(written).toBeLessThan(total / 2);
    expect((await buffer(connection)).equals(sent)).toBe(true);
    await server[Symbol.asyncDispose]();
  });

  test('a connection idle for a while emits timeout, as net.Socket would', async () => {
    const { server, open } = pair((connection) => connection.resume());
    const connection = open();
    await handshake(connection);
    await new Promise<void>((resolve) => connection.setTimeout(1, resolve));
    connection.destroy();
    await server[Symbol.asyncDispose]();
  });

  test('whoever sets a time-out once it is destroyed, as http.Server does, sets none', async () => {
    const { server, near, clock } = setUp();
    const peer = listenTo(near);
    near.send(from(1, { flags: 'S', seq: 1 }));
    const { seq } = await peer.next();
    near.send(from(1, { flags: '.', seq: 2, ack: seq + 1 }));
    const [connection] = (await once(server, 'connection')) as [RawConnection];
    connection.resetAndDestroy();
    connection.setTimeout(6000);
    expect(clock.alarms).toBe(0);
    server.abandon();
  });

  test('bytes are counted both ways', async () => {
    const { server, open } = pair((connection) => connection.pipe(connection));
    const connection = open();
    connection.end('four');
    await buffer(connection);
    expect([connection.bytesRead, connection.bytesWritten]).toEqual([4, 4]);
    await server[Symbol.asyncDispose]();
  });
});

describe('what the kernel owns', () => {
  /** The kernel's are those from one port; notes which were asked for together. */
  function kernelThatOwns(...clientPorts: readonly number[]) {
    const asked: number[][] = [];
    const areOwnedByKernel: AreOwnedByKernel = (flows) => {
      asked.push(flows.map(({ dstPort }) => dstPort));
      return flows.map(({ dstPort }) => clientPorts.includes(dstPort));
    };
    return { asked, areOwnedByKernel };
  }

  test.each<[string, TcpInit]>([
    ['a SYN', { flags: 'S', seq: 1 }],
    ['an ACK', { flags: '.', seq: 1, ack: 2 }],
    ['a FIN', { flags: 'F.', seq: 1, ack: 2 }],
    ['data', { flags: 'P.', seq: 1, ack: 2, payload: new TextEncoder().encode('x') }],
  ])(
    '%s of the kernel’s is not answered, of nobody’s it is; all that came in one turn is asked for together',
    async (_, tcp) => {
      const { asked, areOwnedByKernel } = kernelThatOwns(1);
      const { server, near } = setUp({ areOwnedByKernel });
      const peer = listenTo(near);
      near.send(from(1, tcp));
      near.send(from(2, tcp));
      expect((await peer.next()).dstPort).toBe(2);
      expect(asked).toEqual([[1, 2]]);
      server.abandon();
    },
  );

  test('a flow is asked about once, and what is known to be the kernel’s not again, but for a SYN', async () => {
    const { asked, areOwnedByKernel } = kernelThatOwns(1);
    const { server, near } = setUp({ areOwnedByKernel });
    const peer = listenTo(near);
    near.send(from(1, { flags: '.', seq: 1, ack: 2 }));
    near.send(from(2, { flags: 'S', seq: 7 }));
    const { seq } = await peer.next();
    for (const srcPort of [1, 2]) near.send(from(srcPort, { flags: '.', seq: 8, ack: seq + 1, window: 1000 }));
    await once(server, 'connection');
    near.send(from(1, { flags: 'S', seq: 9 }));
    near.send(from(3, { flags: 'S', seq: 9 }));
    await peer.next();
    expect(asked).toEqual([
      [1, 2],
      [1, 3],
    ]);
    server.abandon();
  });

  test('a cookie that comes back opens no connection which the kernel owns by now', async () => {
    const owned: number[] = [];
    const areOwnedByKernel: AreOwnedByKernel = (flows) => flows.map(({ dstPort }) => owned.includes(dstPort));
    const { server, near } = setUp({ areOwnedByKernel, backlog: 0 });
    const opened: number[] = [];
    server.on('connection', ({ flow }) => opened.push(flow.dstPort));
    const peer = listenTo(near);
    for (const srcPort of [1, 2]) near.send(from(srcPort, { flags: 'S', seq: 7, window: 1000 }));
    const cookies = [await peer.next(), await peer.next()];
    owned.push(1);
    for (const { dstPort, seq } of cookies)
      near.send(from(dstPort, { flags: '.', seq: 8, ack: seq + 1, window: 1000 }));
    await once(server, 'connection');
    expect(opened).toEqual([2]);
    server.abandon();
  });

  test('beyond what there is time to ask for, segments are dropped and told of; a second later they are not', async () => {
    const { asked, areOwnedByKernel } = kernelThatOwns();
    const { server, near, clock } = setUp({ areOwnedByKernel, maxConnections: Infinity, backlog: Infinity });
    const pressures: string[] = [];
    server.on('pressure', (pressure) => pressures.push(pressure));
    const peer = listenTo(near);
    const most = 50_000;
    for (let i = 0; i < most; i++) near.send(from(1 + i, { flags: 'SF' }));
    near.send(from(60_000, { flags: 'S' }));
    await vi.waitFor(() => {
      expect(pressures).toEqual(['look-up-withheld']);
    });
    expect(asked.flat()).toHaveLength(most);
    clock.wakeAt(millis(1000), () => undefined);
    clock.advance();
    near.send(from(60_001, { flags: 'S' }));
    expect((await peer.next()).dstPort).toBe(60_001);
    server.abandon();
  });

  test('beside a machine that plays the kernel: each client is heard by the one whose it is, and nobody resets the other’s', async () => {
    const [near, far] = memoryPorts();
    const { areOwnedByKernel } = kernelThatOwns(1000);
    const kernels: PacketPort = {
      transport: 'memory',
      send: (packet) => {
        far.send(packet);
      },
      onPacket: (listener) =>
        far.onPacket((packet) => {
          const { flow } = readSegment(packet);
          if (flow !== undefined && areOwnedByKernel([flow])[0] === true) listener(packet);
        }),
      onError: (listener) => far.onError(listener),
      close: () => undefined,
    };
    const answerBy = (name: string) => (connection: RawConnection) => {
      connection.once('data', (data: Buffer) => connection.end(`${String(data)} by ${name}`));
    };
    const clock = systemClock;
    const kernel = listen({ port: kernels, clock, ...SERVER }, answerBy('the kernel'));
    const byHand = listen({ port: far, clock, ...SERVER, areOwnedByKernel }, answerBy('hand'));
    const answers = [1000, 1001].map(async (srcPort) => {
      const connection = connect({ port: near, clock, flow: { ...FLOW, srcPort } });
      connection.write('answered');
      return String(await buffer(connection));
    });
    expect(await Promise.all(answers)).toEqual(['answered by the kernel', 'answered by hand']);
    for (const server of [kernel, byHand]) server.abandon();
  });
});
