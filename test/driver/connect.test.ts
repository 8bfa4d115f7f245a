import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import { Listeners } from '../../src/driver/listeners.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import type { PacketPort } from '../../src/driver/ports.js';
import type { RawConnection } from '../../src/driver/raw-connection.js';
import type { TraceEntry } from '../../src/driver/trace.js';
import {
  emitPacket,
  formatFlags,
  type PacketInit,
  parsePacket,
  seqAdd,
  TcpFlag,
  type TcpSegment,
} from '../../src/wire/index.js';
import { grudging } from '../support/grudging.js';
import { FakeClock, FLOW, ScriptedPeer } from '../support/memory.js';

const ISS = 5000;

function setUp(options: { signal?: AbortSignal } = {}) {
  const [port, otherPort] = memoryPorts();
  const clock = new FakeClock();
  const trace: TraceEntry[] = [];
  const connection = connect({ port, clock, flow: FLOW, onTrace: (entry) => trace.push(entry), ...options });
  return { connection, clock, trace, peer: new ScriptedPeer(otherPort), port };
}

/** The peer answers the SYN; gives the segment that completes the handshake. */
async function open(peer: ScriptedPeer): Promise<{ syn: TcpSegment; ack: TcpSegment }> {
  const syn = await peer.next();
  peer.send({ flags: 'S.', seq: ISS, ack: syn.seq + 1, window: 65535, options: [{ kind: 'mss', mss: 1460 }] });
  return { syn, ack: await peer.next() };
}

const synAck = (syn: TcpSegment): PacketInit => ({
  ip: { version: 4, src: FLOW.dst, dst: FLOW.src },
  tcp: { srcPort: FLOW.dstPort, dstPort: FLOW.srcPort, flags: 'S.', seq: ISS, ack: syn.seq + 1 },
});

const errorOf = async (connection: RawConnection): Promise<NodeJS.ErrnoException> => {
  const [error] = (await once(connection, 'error')) as [NodeJS.ErrnoException];
  return error;
};

test('an event of another name does not compile', () => {
  const { connection } = setUp();
  // @ts-expect-error -- misspelt
  connection.on('relesed', () => undefined);
  connection.on('released', () => undefined).on('data', (bytes) => bytes.readUInt8());
  connection.destroy();
});

test('what comes while reading is held stays behind what waits already, whoever asks for it', async () => {
  const { connection, peer } = setUp();
  await open(peer);
  const got: string[] = [];
  const send = (text: string, seq: number): void => {
    const { sndNxt } = connection.tcb;
    peer.send({ flags: 'P.', seq: ISS + seq, ack: sndNxt, window: 65535, payload: Buffer.from(text) });
  };
  connection.holdReading();
  send('first ', 1);
  await nextTurn();
  connection.on('data', (data: Buffer) => got.push(String(data)));
  await nextTurn();
  send('second', 7);
  await nextTurn();
  expect(got).toEqual([]);
  connection.letRead();
  await nextTurn();
  expect(got.join('')).toBe('first second');
});

test('adopt: over memory there is no kernel to take it, and it goes on by hand', async () => {
  const { connection, peer } = setUp();
  await open(peer);
  connection.on('data', () => undefined).pause();
  peer.send({ flags: 'P.', seq: ISS + 1, ack: connection.tcb.sndNxt, window: 65535, payload: Buffer.from('kept') });
  await expect(connection.adopt()).rejects.toMatchObject({
    code: 'RS_NOT_ADOPTED',
    message: 'adopt: no kernel receives what this port carries',
  });
  expect(String(connection.read())).toBe('kept');
  connection.setEncoding('utf8');
  await expect(connection.adopt()).rejects.toMatchObject({
    code: 'RS_NOT_ADOPTED',
    message: 'adopt: setEncoding has decoded what it holds',
  });
  connection.abandon();
});

describe('the handshake', () => {
  test('syn-sent: SYN/ACK is answered with ACK, and the stream says connect', async () => {
    const { connection, peer } = setUp();
    expect(connection.connecting).toBe(true);
    const { syn, ack } = await open(peer);
    expect(formatFlags(syn.flags)).toBe('S');
    expect(syn.options.map(({ kind }) => kind)).toEqual(['mss', 'sackOK', 'timestamps', 'nop', 'wscale']);
    expect(formatFlags(ack.flags)).toBe('.');
    expect(ack.seq).toBe(seqAdd(syn.seq, 1));
    expect(ack.ack).toBe(ISS + 1);
    await expect(handshake(connection)).resolves.toEqual({ outcome: 'established' });
    expect(connection.state).toBe('ESTABLISHED');
    connection.abandon();
  });

  test('syn-sent: what was written and ended before leaves in order behind the ACK', async () => {
    const { connection, peer } = setUp();
    connection.end('hello');
    const { syn, ack } = await open(peer);
    const [data, fin] = [await peer.next(), await peer.next()];
    const flags = [ack, data, fin].map((segment) => formatFlags(segment.flags));
    expect(flags).toEqual(['.', 'P.', 'F.']);
    expect([ack.seq, data.seq, fin.seq].map((n) => n - syn.seq)).toEqual([1, 1, 6]);
    connection.abandon();
  });

  test('syn-sent: an answer that is there as soon as the SYN has left is taken at once, and told later', async () => {
    const [near, far] = memoryPorts();
    const peer = new ScriptedPeer(far);
    const waiting: Uint8Array[] = [];
    const packets = new Listeners<Uint8Array>();
    near.onPacket((packet) => waiting.push(packet));
    const port: PacketPort = {
      ...near,
      transport: 'memory',
      send(packet) {
        near.send(packet);
        const parsed = parsePacket(packet);
        const tcp = parsed.ok ? parsed.value.tcp : undefined;
        if (tcp?.flags === TcpFlag.SYN) waiting.push(emitPacket(synAck(tcp)));
      },
      onPacket: (listener) => packets.add(listener),
      onError: () => () => undefined,
      poll() {
        for (const packet of waiting.splice(0)) packets.emit(packet);
      },
      close: () => undefined,
    };
    const connection = connect({ port, clock: new FakeClock(), flow: FLOW });
    expect(connection).toMatchObject({ state: 'ESTABLISHED', connecting: true });
    await expect(handshake(connection)).resolves.toEqual({ outcome: 'established' });
    expect([await peer.next(), await peer.next()].map(({ flags }) => formatFlags(flags))).toEqual(['S', '.']);
    connection.abandon();
  });

  test('syn-sent: RST is a refusal, as net.Socket would say it', async () => {
    const { connection, peer } = setUp();
    const result = handshake(connection);
    const error = errorOf(connection);
    const syn = await peer.next();
    peer.send({ flags: 'R.', ack: syn.seq + 1 });
    await expect(result).resolves.toMatchObject({ outcome: 'refused' });
    expect(await error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '192.0.2.2', port: 8888 });
  });

  test('syn-sent: silence is a time-out after the SYN was sent seven times', async () => {
    const { connection, clock, peer } = setUp();
    const result = handshake(connection);
    while (clock.advance());
    await expect(result).resolves.toMatchObject({ outcome: 'timed-out', error: { code: 'ETIMEDOUT' } });
    const syns = await Promise.all(Array.from({ length: 7 }, () => peer.next()));
    expect(new Set(syns.map(({ seq, flags }) => `${formatFlags(flags)} ${seq}`)).size).toBe(1);
    expect(clock.alarms).toBe(0);
  });

  test('an AbortSignal ends the attempt and leaves no timer', async () => {
    const abort = new AbortController();
    const { connection, clock } = setUp({ signal: abort.signal });
    const result = handshake(connection);
    abort.abort();
    await expect(result).resolves.toMatchObject({ outcome: 'aborted', error: { name: 'AbortError' } });
    expect(clock.alarms).toBe(0);
  });
});

describe('the stream', () => {
  test('what is written goes out as data, and finishes when it is acknowledged', async () => {
    const { connection, peer } = setUp();
    const { syn } = await open(peer);
    connection.write('hello');
    const data = await peer.next();
    expect(Buffer.from(data.payload).toString()).toBe('hello');
    expect(formatFlags(data.flags)).toBe('P.');
    expect(data.seq).toBe(seqAdd(syn.seq, 1));
    connection.abandon();
  });

  test('data in order is read, data of the past is not read again', async () => {
    const { connection, peer } = setUp();
    const { syn } = await open(peer);
    const hi = { flags: 'P.', seq: ISS + 1, ack: syn.seq + 1, window: 65535, payload: Buffer.from('hi') };
    peer.send(hi);
    peer.send(hi);
    peer.send({ flags: 'F.', seq: ISS + 3, ack: syn.seq + 1, window: 65535 });
    const chunks: string[] = [];
    connection.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    await once(connection, 'end');
    expect(chunks).toEqual(['hi']);
    connection.abandon();
  });

  test('both sides close in order: released after TIME-WAIT, with no RST', async () => {
    const { connection, clock, trace, peer } = setUp();
    const { syn } = await open(peer);
    connection.resume().end();
    const fin = await peer.next();
    expect(formatFlags(fin.flags)).toBe('F.');
    peer.send({ flags: 'F.', seq: ISS + 1, ack: seqAdd(syn.seq, 2), window: 65535 });
    const last = await peer.next();
    expect(formatFlags(last.flags)).toBe('.');
    await once(connection, 'close');
    expect(connection.state).toBe('TIME_WAIT');
    const released = once(connection, 'released');
    while (clock.advance());
    await released;
    const states = trace.flatMap((entry) => (entry.type === 'state' ? [entry.to] : []));
    expect(states).toEqual(['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE']);
    expect(trace.filter((entry) => entry.type === 'sent')).toHaveLength(4);
  });

  test('the other side closes first: ours follows by itself', async () => {
    const { connection, peer } = setUp();
    const { syn } = await open(peer);
    connection.resume();
    peer.send({ flags: 'F.', seq: ISS + 1, ack: syn.seq + 1, window: 65535 });
    const segments = [await peer.next(), await peer.next()].map(({ flags }) => formatFlags(flags));
    expect(segments).toEqual(['.', 'F.']);
    const released = once(connection, 'released');
    peer.send({ flags: '.', seq: ISS + 2, ack: seqAdd(syn.seq, 2), window: 65535 });
    await released;
    expect(connection.state).toBe('CLOSE');
  });

  test('RST in an established connection is ECONNRESET', async () => {
    const { connection, peer } = setUp();
    await open(peer);
    const error = errorOf(connection);
    peer.send({ flags: 'R', seq: ISS + 1 });
    expect(await error).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
  });

  test('resetAndDestroy sends RST, and so does destroy with an error', async () => {
    for (const end of [(c: RawConnection) => c.resetAndDestroy(), (c: RawConnection) => c.destroy(new Error('mine'))]) {
      const { connection, peer } = setUp();
      await open(peer);
      connection.on('error', () => undefined);
      end(connection);
      expect(formatFlags((await peer.next()).flags)).toContain('R');
      expect(connection.released).toBe(true);
    }
  });

  test('destroy closes as close(2) does: FIN, and RST to data that comes later', async () => {
    const { connection, peer } = setUp();
    const { syn } = await open(peer);
    connection.destroy();
    expect(formatFlags((await peer.next()).flags)).toBe('F.');
    peer.send({ flags: 'P.', seq: ISS + 1, ack: seqAdd(syn.seq, 2), window: 65535, payload: Buffer.from('late') });
    expect(formatFlags((await peer.next()).flags)).toContain('R');
    expect(connection.state).toBe('CLOSE');
  });

  test('a timeout that is set after the end is none: no alarm is left', async () => {
    const { connection, clock, peer } = setUp();
    await open(peer);
    connection.resetAndDestroy();
    connection.setTimeout(60_000);
    expect(clock.alarms).toBe(0);
  });

  test('a reader waits as long as it likes for what comes after our FIN; without one the other side has a minute', async () => {
    const { connection, clock, peer } = setUp();
    const { syn } = await open(peer);
    connection.resume().end();
    peer.send({ flags: '.', seq: ISS + 1, ack: seqAdd(syn.seq, 2), window: 65535 });
    await new Promise((resolve) => setImmediate(resolve));
    expect([connection.state, clock.alarms]).toEqual(['FIN_WAIT2', 0]);
    connection.destroy();
    expect([connection.state, clock.alarms]).toEqual(['FIN_WAIT2', 1]);
    clock.advance();
    expect([connection.released, clock.alarms]).toEqual([true, 0]);
  });

  describe('closed in order, and the other side takes nothing of what is left', () => {
    test.each([0, 1])('%i bytes at a time: it is reset', async (bytes) => {
      const { connection, clock, next, take } = await grudging();
      expect([connection.state, connection.released]).toEqual(['CLOSING', false]);
      let rounds = 0;
      for (; !connection.released && rounds < 200; rounds++) {
        clock.advance();
        const { flags } = await next();
        if (flags & TcpFlag.RST) break;
        take(bytes);
      }
      expect(rounds).toBeLessThan(200);
      expect([connection.closeReason, clock.alarms]).toEqual(['aborted', 0]);
    });

    test('resetAndDestroy ends it at once', async () => {
      const { connection, clock, next } = await grudging();
      connection.resetAndDestroy();
      expect((await next()).flags & TcpFlag.RST).toBeTruthy();
      expect([connection.released, clock.alarms]).toEqual([true, 0]);
    });
  });

  test('a reader that does not read closes the window, and opens it again by a full segment when it does', async () => {
    const { connection, clock, peer } = setUp();
    const { syn } = await open(peer);
    let seqNumber = ISS + 1;
    const ack = seqAdd(syn.seq, 1);
    let window = 64240;
    while (window > 0) {
      const payload = Buffer.alloc(Math.min(1460, window), 'x');
      peer.send({ flags: '.', seq: seqNumber, ack, window: 65535, payload });
      peer.send({ flags: '.', seq: seqNumber, ack, window: 65535, payload }); // once more: it is acknowledged at once
      seqNumber += payload.length;
      for (let next = await peer.next(); ; next = await peer.next()) {
        window = next.window * 2 ** connection.negotiated.receiveWindowShift;
        if (next.ack === seqNumber) break;
      }
    }
    expect(connection.bytesRead).toBe(seqNumber - ISS - 1);
    connection.read();
    expect((await peer.next()).window).toBeGreaterThanOrEqual(1460);
    expect(clock.alarms).toBe(0);
    connection.abandon();
  });

  test('destroy with data unread sends RST, as close(2) does', async () => {
    const { connection, peer } = setUp();
    const { syn } = await open(peer);
    const readable = once(connection, 'readable');
    peer.send({ flags: 'P.', seq: ISS + 1, ack: syn.seq + 1, window: 65535, payload: Buffer.from('unread') });
    await readable;
    connection.destroy();
    expect(formatFlags((await peer.next()).flags)).toContain('R');
  });

  test('abandon sends nothing and sets no timer', async () => {
    const { connection, clock, trace, peer } = setUp();
    await open(peer);
    const before = trace.length;
    connection.abandon();
    await once(connection, 'close');
    expect(trace).toHaveLength(before);
    expect(clock.alarms).toBe(0);
  });

  test('has the address fields of net.Socket', () => {
    const { connection } = setUp();
    const { localAddress, localPort, remoteAddress, remotePort, remoteFamily } = connection;
    expect({ localAddress, localPort, remoteAddress, remotePort, remoteFamily }).toEqual({
      localAddress: '192.0.2.1',
      localPort: 41000,
      remoteAddress: '192.0.2.2',
      remotePort: 8888,
      remoteFamily: 'IPv4',
    });
    connection.abandon();
  });
});

describe('what is not ours', () => {
  test('a segment with a wrong checksum is dropped and said in the trace', async () => {
    const { connection, trace, peer } = setUp();
    const syn = await peer.next();
    peer.send({ flags: 'S.', seq: ISS, ack: syn.seq + 1, checksum: 0x1234 });
    peer.send({ flags: 'S.', seq: ISS, ack: syn.seq + 1 });
    await handshake(connection);
    expect(trace.flatMap((entry) => (entry.type === 'dropped' ? [entry.why] : []))).toEqual(['wrong checksum']);
    connection.abandon();
  });

  test('a segment of another four-tuple is dropped', async () => {
    const { connection, trace, peer } = setUp();
    const syn = await peer.next();
    peer.send({ flags: 'R.', ack: syn.seq + 1, srcPort: 9999 });
    peer.send({ flags: 'S.', seq: ISS, ack: syn.seq + 1 });
    await expect(handshake(connection)).resolves.toEqual({ outcome: 'established' });
    expect(trace.flatMap((entry) => (entry.type === 'dropped' ? [entry.why] : []))).toEqual(['another four-tuple']);
    connection.abandon();
  });

  test('alter changes what leaves: a wrong ACK number goes out as it was given', async () => {
    const [port, otherPort] = memoryPorts();
    const connection = connect({
      port,
      clock: new FakeClock(),
      flow: FLOW,
      alter: (packet) => ({ ...packet, tcp: { ...packet.tcp, ack: 7 } }),
    });
    expect((await new ScriptedPeer(otherPort).next()).ack).toBe(7);
    connection.abandon();
  });
});
