/** A connection that was closed in order, with much that the other side is still to take, and takes as little of as it likes. */
import { once } from 'node:events';
import { connect } from '../../src/driver/connect.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { seqAdd, TcpFlag, type TcpSegment } from '../../src/wire/index.js';
import { FakeClock, FLOW, ScriptedPeer } from './memory.js';

const ISS = 5000;

export async function grudging() {
  const [port, otherPort] = memoryPorts();
  const clock = new FakeClock();
  const connection = connect({ port, clock, flow: FLOW });
  const peer = new ScriptedPeer(otherPort);
  const { seq } = await peer.next();
  const mss = { kind: 'mss', mss: 1460 } as const;
  peer.send({ flags: 'S.', seq: ISS, ack: seqAdd(seq, 1), window: 0, options: [mss] });
  await peer.next();
  connection.resume().end(Buffer.alloc(100_000));
  peer.send({ flags: 'F.', seq: ISS + 1, ack: seqAdd(seq, 1), window: 0 });
  await once(connection, 'close');
  let taken = 1;
  return {
    connection,
    clock,
    /** The next segment that is not an ACK alone. */
    next: async (): Promise<TcpSegment> => {
      for (;;) {
        const segment = await peer.next();
        if (segment.payload.length > 0 || segment.flags & TcpFlag.RST) return segment;
      }
    },
    /** Takes so many bytes, and has room for as many. */
    take: (bytes: number): void => {
      taken += bytes;
      peer.send({ flags: '.', seq: ISS + 2, ack: seqAdd(seq, taken), window: bytes });
    },
  };
}
