/** Answers one request with a file of a folder, whole or in part. RFC 9110 §8.8, §13, §14; RFC 9112 §3.2. */
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import fresh from 'fresh';
import { lookup } from 'mrmime';
import type { ServedFolder } from '../linux/file/served-folder.js';

const METHODS = ['GET', 'HEAD'];
const INDEX = 'index.html';

/** Resolves when the response is over, whichever way; never rejects. */
export async function answerWithFile(
  folder: ServedFolder,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await answer(folder, request, response);
  } catch (error) {
    // A file that cannot be read to its promised end, or a reader that went away.
    if (response.headersSent) response.destroy();
    else say(response, isExhausted(error) ? 503 : 500);
  }
}

/** The descriptors of the process or the system, or a lease on the file that somebody else has. */
const isExhausted = (error: unknown): boolean =>
  ['EMFILE', 'ENFILE', 'EAGAIN'].includes((error as NodeJS.ErrnoException).code ?? '');

async function answer(folder: ServedFolder, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { headers, method = '', url = '' } = request;
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // What is sent along is not wanted: the connection ends with the answer.
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0)
    response.setHeader('Connection', 'close');
  // RFC 9112 §6.1.
  if (!/^chunked$/i.test(headers['transfer-encoding'] ?? 'chunked')) {
    say(response, 501);
    return;
  }
  if (!METHODS.includes(method)) {
    response.setHeader('Allow', METHODS.join(', '));
    say(response, 405);
    return;
  }
  const target = readTarget(url);
  if (target === undefined) {
    say(response, 400);
    return;
  }
  const { names, endsWithSlash, query } = target;
  const found = await folder.find(endsWithSlash ? [...names, INDEX] : names);
  if (found?.kind === 'file') {
    await sendFile(found.file, endsWithSlash ? INDEX : (names.at(-1) ?? ''), request, response);
  } else if (found?.kind === 'folder' && !endsWithSlash) {
    // Written anew, so that it begins with one slash only: two would name another host.
    response.setHeader('Location', `/${names.map(encodeURIComponent).join('/')}/${query}`);
    say(response, 301);
  } else {
    say(response, 404);
  }
}

interface Target {
  readonly names: readonly string[];
  readonly endsWithSlash: boolean;
  /** With its question mark; empty where there is none. */
  readonly query: string;
}

/** In origin form or absolute form. Undefined: neither, or no UTF-8, or no name that a file can have. RFC 9112 §3.2. */
function readTarget(url: string): Target | undefined {
  const [authority = ''] = /^https?:\/\/[^/?#]+/i.exec(url) ?? [];
  const [, path = '/', query = ''] = /^(\/[^?#]*)?(\?[^#]*)?$/.exec(url.slice(authority.length)) ?? [undefined, ''];
  if (path === '' || (authority === '' && !url.startsWith('/'))) return undefined;
  const names = path.slice(1).split('/').map(decoded);
  const endsWithSlash = names.at(-1) === '';
  if (endsWithSlash) names.pop();
  const isEvery = names.every((name): name is string => name !== undefined && !/[/\0]/.test(name));
  return isEvery ? { names: names, endsWithSlash, query } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

async function sendFile(
  file: FileHandle,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { size, mtime, mtimeMs } = await file.stat();
    const headers = {
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
      'content-type': contentType(name),
      etag: `"${Math.round(mtimeMs * 1000).toString(16)}-${size.toString(16)}"`,
      'last-modified': mtime.toUTCString(),
    };
    if (fresh(request.headers, headers)) {
      response.writeHead(304, headers).end();
      return;
    }
    const ifRange = request.headers['if-range'];
    const mayBePart = ifRange === undefined || ifRange === headers.etag || ifRange === headers['last-modified'];
    const range = mayBePart && request.method === 'GET' ? readRange(request.headers.range, size) : undefined;
    if (range === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${size}`);
      say(response, 416);
      return;
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    if (range !== undefined) response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
    const length = end - start + 1;
    response.writeHead(range === undefined ? 200 : 206, { ...headers, 'content-length': length });
    if (request.method === 'HEAD' || length === 0) response.end();
    else await pipeline(file.createReadStream({ start, end, autoClose: false }), inFull(length), response);
  } finally {
    await file.close();
  }
}

/** A file that became shorter while it was sent breaks the connection off: its reader must not take it for whole. */
const inFull = (bytes: number) =>
  async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let left = bytes;
    for await (const chunk of chunks) {
      left -= chunk.length;
      yield chunk;
    }
    if (left > 0) throw new TypeError(`${left} bytes are no longer there`);
  };

function contentType(name: string): string {
  const type = lookup(extname(name)) ?? 'application/octet-stream';
  return type.startsWith('text/') ? `${type};charset=utf-8` : type;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** One range; undefined where none is asked for, or several, or what is no range: all is sent then. RFC 9110 §14.1.2. */
function readRange(header: string | undefined, size: number): Range | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  return start > end ? 'unsatisfiable' : { start, end };
}

const SAYINGS: Readonly<Record<number, string>> = {
  301: 'moved',
  400: 'bad request',
  404: 'not found',
  405: 'method not allowed',
  416: 'range not satisfiable',
  500: 'cannot be read',
  503: 'too busy',
};

function say(response: ServerResponse, status: number): void {
  const text = `${SAYINGS[status] ?? ''}\n`;
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': text.length }).end(text);
}
