/** The server is made by hand, and nothing listens; the client is an ordinary program on a kernel socket. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Listeners } from '../driver/listeners.js';
import { listen } from '../driver/raw-server.js';
import { systemClock } from '../linux/libc/clock.js';
import type { TcpState } from '../tcp/types.js';
import type { HandMadeSide, Played } from './hand-made-side.js';

export async function playServer(side: HandMadeSide): Promise<Played> {
  const { bench, options, flow, tables, port, adoption, until } = side;
  const { lab, leases } = bench;
  const { data, closely = false } = options;
  const progress = new Listeners<undefined>();
  const step = (): void => {
    progress.emit(undefined);
  };
  const states: TcpState[] = [];
  const chunks: Buffer[] = [];
  let accepted = false;
  const read = (stream: Duplex): void => {
    stream
      .on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        step();
      })
      .on('error', step);
  };
  let refusal: Error | undefined;
  const refuse = (error: Error): void => {
    refusal = error;
    client.destroy();
  };
  const server = listen(
    {
      port,
      clock: systemClock,
      address: flow.dst,
      localPort: flow.dstPort,
      onTrace: (_flow, entry) => {
        if (entry.type === 'state') {
          states.push(entry.to);
          step();
        } else if (entry.type === 'received' || (closely && entry.type === 'sent')) tables.ask();
      },
    },
    (connection) => {
      accepted = true;
      if (adoption === undefined) read(connection);
      else {
        connection.on('error', step);
        adoption.adopt(connection).then((socket) => {
          if (socket === undefined) return;
          leases.defer(() => socket.destroy());
          read(socket);
        }, refuse);
      }
    },
  );
  leases.defer(() => {
    server.abandon();
  });
  const received = (): string => Buffer.concat(chunks).toString('utf8');
  tables.snapshot('before');
  tables.ask();
  const client: Socket = lab.client.connect(flow);
  leases.defer(() => client.destroy());

  client.on('error', () => undefined).on('close', step);
  const isOver = (): boolean => client.closed;
  client.resume().on('connect', step).on('end', step);
  const orOver = (condition: () => boolean) => (): boolean => isOver() || condition();
  const onStep = (check: () => void) => progress.add(check);
  await until(
    { en: 'the client to connect', zh: '客户端连接' },
    orOver(() => !client.connecting),
    onStep,
  );
  tables.snapshot('during');
  if (!isOver()) client.write(data);
  await until(
    { en: 'the data to arrive', zh: '数据到达' },
    orOver(() => received().length >= data.length),
    onStep,
  );
  if (!isOver()) {
    options.whileOpen?.();
    client.end();
  }
  await until({ en: 'the client to close', zh: '客户端关闭' }, isOver, onStep);
  // Refused before our answer was on its way: the answer still goes out, and meets a RST of its own.
  const isAnswered = (): boolean => accepted || states.at(-1) === 'CLOSE';
  await until({ en: 'the late answer to be reset', zh: '迟到的应答被复位' }, isAnswered, onStep);
  // A RST that it provokes, or the last ACK, has passed the link when its kernel has forgotten the connection.
  await until(
    { en: 'the client to be gone', zh: '客户端的套接字消失' },
    () => tables.isDone('client'),
    (check) => bench.onFrame(check),
  );
  if (refusal !== undefined) throw refusal;
  if (adoption !== undefined) tables.ask();
  const adopted = adoption?.done !== true ? [] : tables.statesOf('server').filter((state) => state !== 'ESTABLISHED');
  return {
    client: { states: tables.statesOf('client') },
    server: { accepted, received: received(), states: [...states, ...adopted] },
  };
}
