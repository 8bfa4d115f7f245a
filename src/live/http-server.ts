/**
 * The files of a folder over HTTP: Node's own server on hand-made connections, with the time-outs that it starts in
 * `listen()`, and bounds on what one client, and all of them, can take up.
 */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawConnection } from '../driver/raw-connection.js';
import { openServedFolder } from '../linux/file/served-folder.js';
import { queuedBytes } from '../tcp/index.js';
import { type Answered, Answers } from './http-answers.js';
import { answerWithFile } from './http-file.js';
import { HttpHandlers } from './http-handlers.js';
import { linger } from './http-linger.js';
import { type Pace, Places } from './http-places.js';
import type { Service } from './services.js';

export interface HttpLimits {
  /** From the first byte of a request to the end of its headers. Default 60 s, as Node has it. */
  readonly headersTimeoutMs?: number;
  /** To the end of all of it. Default 300 s, as Node has it. */
  readonly requestTimeoutMs?: number;
  /** How often those two are looked at. Default 30 s, as Node has it. */
  readonly checkEveryMs?: number;
  /** Between two requests. Default 5 s, as Node has it. */
  readonly keepAliveMs?: number;
  /** Without any traffic, whatever is under way: who does not read has no claim to be waited for. Default 60 s. */
  readonly idleMs?: number;
  /** How long what a client still sends behind its last answer is thrown away, once it has all of that. Default 2 s. */
  readonly lingerMs?: number;
  /** Beyond, a new connection takes the place of one that asks nothing, or reads too slowly. Default 1000. */
  readonly connections?: number;
  /** Who takes an answer more slowly has to give way to a newcomer. Default 4 KiB/s, after 20 s. */
  readonly leastPace?: Pace;
}

/** Requests of one connection, and so what may wait for its turn; the last answer ends it, and what comes behind is thrown away. */
const MOST_REQUESTS = 100;
const MOST_HEADERS = 100;
/** Node makes requests of all that it is given at once, whatever it is told meanwhile: 60 KB of them cost 3 MB. */
const PART_BYTES = 2048;
/** Of one request, all together: as nginx and Apache have it. */
const MOST_HEADER_BYTES = 8192;

export interface FileServer {
  readonly service: Service;
  /** Looks after nothing any more; connections that are being served stay as they are. Idempotent. */
  close(): void;
}

/**
 * @param onAnswered told of each request, once the client has acknowledged its answer, or the connection has ended
 * @throws {RawshakeError} RS_FILE where the folder is none, or may not be read
 */
export function serveFiles(
  path: string,
  limits: HttpLimits = {},
  onAnswered: (answered: Answered) => void = () => undefined,
): FileServer {
  const folder = openServedFolder(path);
  const places = new Places(limits.connections ?? 1000, limits.leastPace ?? { bytesPerSecond: 4096, graceMs: 20_000 });
  /** One file at a time for each connection, however many requests come at once. */
  const turns = new WeakMap<object, Promise<void>>();
  /** What each connection has asked for. */
  const requests = new WeakMap<object, number>();
  /** What is wrong with what came behind a request that is being answered. */
  const broken = new WeakMap<object, NodeJS.ErrnoException>();
  const handlers = new HttpHandlers();
  const answers = new Answers(onAnswered);
  const { idleMs = 60_000, lingerMs = 2000 } = limits;
  const patience = { idleMs, lingerMs };
  const options = {
    headersTimeout: limits.headersTimeoutMs ?? 60_000,
    requestTimeout: limits.requestTimeoutMs ?? 300_000,
    connectionsCheckingInterval: limits.checkEveryMs ?? 30_000,
    keepAliveTimeout: limits.keepAliveMs ?? 5000,
    maxHeaderSize: MOST_HEADER_BYTES,
    requireHostHeader: false, // Node would answer by itself, and nobody be told
  };
  /** The last answer; it closes, but not at once, or the client may never read it. RFC 9112 §9.6. */
  const endWith = (connection: RawConnection, status: number, onWritten: () => void, headers = ''): void => {
    connection.once('finish', onWritten);
    connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${headers}Connection: close\r\n\r\n`);
    linger(connection, patience);
  };
  /** Says what is wrong. */
  const refuse = (connection: RawConnection, error: NodeJS.ErrnoException): void => {
    if (error.code === 'ECONNRESET') connection.destroy();
    else if (connection.writable) {
      const status = STATUS_OF[error.code ?? ''] ?? 400;
      endWith(
        connection,
        status,
        answers.begin(connection, undefined, () => status),
      );
    }
  };
  const inTurn = (answer: Answer) => (request: IncomingMessage, response: ServerResponse) => {
    const connection = connectionOf(request);
    const count = (requests.get(connection) ?? 0) + 1;
    requests.set(connection, count);
    // Node, which can count them too, would answer each one more by itself.
    if (count > MOST_REQUESTS) return;
    if (count === MOST_REQUESTS) response.shouldKeepAlive = false;
    const previous = turns.get(connection) ?? Promise.resolve();
    places.begin(connection);
    // What is asked meanwhile waits in the window, and not as requests: those take many times the memory.
    connection.holdReading();
    const over = new Promise<void>((resolve) => response.once('close', resolve));
    const statusSent = (): number | undefined => (response.headersSent ? response.statusCode : undefined);
    response.once('finish', answers.begin(connection, askedOf(request), statusSent));
    response.once('close', () => {
      if (connection.writableEnded) {
        places.finishAll(connection);
        linger(connection, patience);
        return;
      }
      places.finish(connection);
      if (places.isBusy(connection)) return;
      connection.letRead();
      const error = broken.get(connection);
      if (error !== undefined) refuse(connection, error);
    });
    const turn = async (): Promise<void> => {
      await previous;
      // Behind the last answer Node gives the connection to none: what is written to one would wait for ever.
      if (response.socket === null || connection.destroyed) return;
      await answer(request, response);
      await over;
    };
    turns.set(connection, turn());
  };
  const server = createServer(
    options,
    inTurn((request, response) =>
      isHostUnclear(request)
        ? void response.writeHead(400, { connection: 'close' }).end()
        : answerWithFile(folder, request, response),
    ),
  );
  // Node would answer it by itself; whatever has its turn behind it could not tell that its own is still to come.
  server.on(
    'checkExpectation',
    inTurn((_, response) => void response.writeHead(417).end()),
  );
  server.timeout = idleMs;
  server.maxHeadersCount = MOST_HEADERS;
  // A client may end its side once it has asked: it is answered all the same.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('timeout', giveUp);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const connection = connectionOf({ socket });
    if (places.isBusy(connection) && error.code !== 'ECONNRESET') broken.set(connection, error);
    else refuse(connection, error);
  });
  // Of this method Node hands the connection over, to whoever makes a tunnel; nobody does. RFC 9110 §9.3.6.
  server.on('connect', (request) => {
    const connection = connectionOf(request).on('error', () => undefined);
    handlers.restore(connection);
    let status: number | undefined;
    const onWritten = answers.begin(connection, askedOf(request), () => status);
    void (turns.get(connection) ?? Promise.resolve()).then(() => {
      if (!connection.writable) return;
      status = 405;
      endWith(connection, status, onWritten, 'Allow: GET, HEAD\r\n');
    });
  });
  // What listen() would do: from here on slow requests are looked for. A server that is only given connections does not.
  server.emit('listening');
  return {
    service(connection) {
      if (!places.take(connection)) return;
      connection.allowHalfOpen = true;
      connection.readInParts(PART_BYTES);
      answers.watch(connection);
      server.emit('connection', connection);
      handlers.note(connection);
    },
    close() {
      server.close();
      folder.close();
    },
  };
}

const askedOf = ({ method = '', url = '' }: IncomingMessage): Answered['asked'] => ({ method, url });

/** RFC 9112 §3.2. */
const isHostUnclear = ({ httpVersion, headersDistinct: { host: { length } = [] } }: IncomingMessage): boolean =>
  length > 1 || (httpVersion === '1.1' && length === 0);

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** The types say net.Socket; it is what `connection` was emitted with. */
const connectionOf = ({ socket }: { readonly socket: Duplex }): RawConnection => socket as unknown as RawConnection;

/** Nobody waits for what a silent peer has not taken; where nothing is left to take, it is closed in order. */
function giveUp(connection: RawConnection): void {
  if (connection.writableLength + queuedBytes(connection.tcb) > 0) connection.resetAndDestroy();
  else connection.destroy();
}

const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};
