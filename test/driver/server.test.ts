import { once } from 'node:events';
import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { RawConnection } from '../../src/driver/raw-connection.js';
import { listen, type ListenOptions, RawServer } from '../../src/driver/raw-server.js';
import { systemClock } from '../../src/linux/clock.js';
import type { PacketPort } from '../../src/driver/ports.js';
import { emitPacket, formatFlags, type TcpInit, type TcpSegment } from '../../src/wire/index.js';
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

  test('a SYN with a wrong checksum, or to another port, is not answered', async () => {
    const { server, near } = setUp();
    const peer = listenTo(near);
    near.send(from(1, { flags: 'S', checksum: 1 }));
    near.send(from(2, { flags: 'S', dstPort: 9 }));
    near.send(from(3, { flags: 'S' }));
    expect((await peer.next()).dstPort).toBe(3);
    server.abandon();
  });

  test('SYNs beyond the backlog are dropped, and a handshake that ends makes room', async () => {
    const { server, near } = setUp({ backlog: 2 });
    const peer = listenTo(near);
    for (const port of [1, 2, 3]) near.send(from(port, { flags: 'S', seq: 1 }));
    expect([(await peer.next()).dstPort, (await peer.next()).dstPort]).toEqual([1, 2]);
    near.send(from(1, { flags: 'R', seq: 2 }));
    near.send(from(3, { flags: 'S', seq: 1 }));
    expect((await peer.next()).dstPort).toBe(3);
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

  test('bytes are counted both ways', async () => {
    const { server, open } = pair((connection) => connection.pipe(connection));
    const connection = open();
    connection.end('four');
    await buffer(connection);
    expect([connection.bytesRead, connection.bytesWritten]).toEqual([4, 4]);
    await server[Symbol.asyncDispose]();
  });
});
