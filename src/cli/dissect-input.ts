/** What `dissect` reads: a file, standard input, or digits on the command line. */
import { constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty, ReadStream } from 'node:tty';
import { recordsOfHex, readCapture } from '../capture/read.js';
import type { CaptureBatch, CaptureError } from '../capture/record.js';
import { about, RawshakeError, type Text, verbatim } from '../error.js';
import { usageError } from './usage.js';

/** Packets to come. */
export interface Input {
  /** As it is called in messages. */
  readonly name: Text;
  /** Undefined where nobody knows. */
  readonly totalBytes: number | undefined;
  readonly batches: AsyncIterable<CaptureBatch>;
  /** Bytes read so far. */
  bytesRead(): number;
}

/** @throws {RawshakeError} RS_USAGE, where there is nothing to read; RS_FILE, where the file is none. */
export function inputOf(file: string | undefined, hex: string | undefined): Input {
  if (hex !== undefined) return hexInput(hex);
  if (file !== undefined && file !== '-') return fileInput(file);
  if (file === undefined && process.stdin.isTTY) {
    throw usageError(
      { en: 'nothing to dissect', zh: '没有可解析的内容' },
      {
        en: 'Name a capture file, give --hex, or pipe one in: rawshake build … | rawshake dissect',
        zh: '请指定抓包文件、使用 --hex，或用管道输入：rawshake build … | rawshake dissect',
      },
    );
  }
  return streamInput({ en: 'standard input', zh: '标准输入' }, undefined, process.stdin);
}

function hexInput(hex: string): Input {
  const records = recordsOfHex(hex);
  if (records === undefined) {
    throw usageError(about('--hex', { en: 'these are no hex digits in pairs', zh: '这不是成对的十六进制数字' }), {
      en: 'Such as: --hex 4500002c…',
      zh: '例如：--hex 4500002c…',
    });
  }
  return {
    name: verbatim('--hex'),
    totalBytes: undefined,
    batches: once({ records, error: undefined }),
    bytesRead: () => 0,
  };
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}

const chunkBytes = 1 << 18;

function fileInput(file: string): Input {
  const fd = opened(file);
  const stats = fstatSync(fd);
  return streamInput(verbatim(file), stats.isFile() ? stats.size : undefined, streamOf(fd));
}

/** Waits neither for somebody who writes a FIFO, nor for a lease of somebody else's. @throws {RawshakeError} RS_FILE */
function opened(file: string): number {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync(file, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (cause) {
    throw unreadable(verbatim(file), cause);
  }
}

/** What may say nothing for long is waited for by the event loop: a thread that reads it would keep the program from ending. */
function streamOf(fd: number): AsyncIterable<unknown> {
  if (isatty(fd)) return new ReadStream(fd);
  if (fstatSync(fd).isFIFO()) return new Socket({ fd, readable: true, writable: false });
  return createReadStream('', { fd, highWaterMark: chunkBytes });
}

function streamInput(name: Text, totalBytes: number | undefined, stream: AsyncIterable<unknown>): Input {
  let bytesRead = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) {
        if (!(chunk instanceof Uint8Array)) continue;
        bytesRead += chunk.length;
        yield chunk;
      }
    } catch (cause) {
      throw unreadable(name, cause);
    }
  }
  return { name, totalBytes, batches: readCapture(chunks()), bytesRead: () => bytesRead };
}

function unreadable(name: Text, cause: unknown): RawshakeError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  return new RawshakeError('RS_FILE', about(name, { en: `cannot be read (${code})`, zh: `无法读取（${code}）` }), {
    cause,
    hint: { en: 'Name a file that exists and is yours to read.', zh: '请指定一个存在且可读的文件。' },
  });
}

/** The error for a capture that cannot be read any further. */
export const captureError = (name: Text, { code, message, zh }: CaptureError): RawshakeError =>
  new RawshakeError('RS_FILE', about(name, { en: message, zh }), { hint: captureHints[code] });

const captureHints = {
  truncated: {
    en: 'All packets before that place are shown. Copy the capture again, or stop the capturing program in order.',
    zh: '此前的所有数据包均已显示。请重新复制抓包文件，或正常结束抓包程序。',
  },
  malformed: {
    en: 'All packets before that place are shown.',
    zh: '此前的所有数据包均已显示。',
  },
  unknown: {
    en: 'Known are pcap, pcapng, hex digits, and the bytes of one packet.',
    zh: '可识别 pcap、pcapng、十六进制数字以及单个数据包的字节。',
  },
} as const;
