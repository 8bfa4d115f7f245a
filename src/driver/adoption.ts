/** What a connection has to do before a kernel's socket can carry it on. */
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Text } from '../error.js';
import type { ConnectionEvents, ConnectionStream } from './connection-events.js';
import { notAdopted } from './not-adopted.js';
import { queuedBytes, type Tcb, type TcpState } from '../tcp/index.js';
import type { PacketPort } from './ports.js';

/** What is asked of it. */
interface Adoptable extends ConnectionStream {
  readonly connecting: boolean;
  readonly released: boolean;
  readonly state: TcpState;
  readonly tcb: Tcb;
}

/** @throws {RawshakeError} RS_NOT_ADOPTED with what stands in the way */
export function requireAdoptable(connection: Adoptable): void {
  if (connection.connecting && !connection.destroyed)
    throw notAdopted({ en: 'the handshake is not complete', zh: '握手尚未完成' }, AWAIT_HANDSHAKE);
  if (connection.destroyed || connection.released)
    throw notAdopted({ en: 'the connection is over', zh: '连接已结束' }, CONNECT_AGAIN);
  const { state } = connection;
  if (connection.writableEnded || state !== 'ESTABLISHED') {
    const side = state === 'CLOSE_WAIT' ? { en: 'the other side', zh: '对方' } : { en: 'this side', zh: '本方' };
    const why = { en: `${side.en} has closed (${state})`, zh: `${side.zh}已关闭（${state}）` };
    throw notAdopted(why, ADOPT_BEFORE_CLOSE);
  }
  if (connection.readableEncoding !== null)
    throw notAdopted({ en: 'setEncoding has decoded what it holds', zh: 'setEncoding 已解码其中的数据' }, NO_ENCODING);
}

/** Resolves when nothing waits in the port and all that was written is acknowledged. Throws as `requireAdoptable`. */
export async function settled(connection: Adoptable, port: PacketPort): Promise<void> {
  await port.drained?.();
  // What has arrived waits to be read: a whole turn of the event loop delivers it.
  for (const turn of [nextTurn, nextTurn]) await turn();
  for (;;) {
    requireAdoptable(connection);
    if (queuedBytes(connection.tcb) + connection.writableLength === 0) return;
    await either(connection, 'acknowledged', 'close');
  }
}

const either = (connection: Adoptable, ...events: readonly (keyof ConnectionEvents)[]): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      for (const event of events) connection.off(event, settle);
      resolve();
    };
    for (const event of events) connection.on(event, settle);
  });

/** Has `adopt` give a socket, which then begins with what was received and not read. */
export function handOver(connection: Adoptable, adopt: () => Socket): Socket {
  const unread = takeUnread(connection);
  try {
    const socket = adopt();
    if (unread.length > 0) socket.unshift(unread);
    return socket;
  } catch (error) {
    if (unread.length > 0) connection.unshift(unread);
    throw error;
  }
}

/** Takes what the stream holds; `read` would tell a listener that has paused it. */
function takeUnread(connection: Adoptable): Buffer {
  const listeners = connection.listeners('data');
  for (const listener of listeners) connection.off('data', listener as () => void);
  const chunks: Buffer[] = [];
  for (let chunk = takeNext(connection); chunk !== null; chunk = takeNext(connection)) chunks.push(chunk);
  for (const listener of listeners) connection.on('data', listener as () => void);
  return Buffer.concat(chunks);
}

const takeNext = (connection: Adoptable): Buffer | null => connection.read() as Buffer | null;

const AWAIT_HANDSHAKE: Text = {
  en: 'First: await handshake(connection)',
  zh: '请先执行：await handshake(connection)',
};
const CONNECT_AGAIN: Text = {
  en: 'A connection can be adopted once, while it is open; connect again.',
  zh: '连接只能在打开期间被接管一次；请重新连接。',
};
const ADOPT_BEFORE_CLOSE: Text = {
  en: 'A kernel takes over ESTABLISHED only: adopt before either side closes, or carry on by hand.',
  zh: '内核只能接管 ESTABLISHED 状态：请在任何一方关闭之前接管，否则请继续手工处理。',
};
const NO_ENCODING: Text = {
  en: 'Leave setEncoding to the socket that adopt() gives: part of a character may be in it.',
  zh: '请在 adopt() 返回的套接字上调用 setEncoding：解码器中可能还留有半个字符。',
};
