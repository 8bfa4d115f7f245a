/** The option list of packetdrill's text: `<mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>`. */
import { fromHex, noBytes } from './bytes.js';
import { expect, fail, integer, take, word, type Cursor } from './notation-cursor.js';
import { namedKinds } from './notation-format.js';
import type { TcpOption } from './tcp-options.js';

/** Hex digits in pairs, or none. */
const hexBytes = (cursor: Cursor): Uint8Array => {
  const at = cursor.at;
  const text = take(cursor, /[0-9a-fA-F]+\b/y);
  if (text === undefined) return noBytes;
  const bytes = fromHex(text);
  if (bytes === undefined) fail(cursor, 'expected hex digits in pairs', '应为成对的十六进制数字', at);
  return bytes ?? noBytes;
};

const readBlocks = (cursor: Cursor, base: number): (readonly [number, number])[] => {
  const blocks: (readonly [number, number])[] = [];
  while (take(cursor, /(?=\d)/y) !== undefined) {
    const left = integer(cursor, 'left edge', 32);
    expect(cursor, ':');
    const right = integer(cursor, 'right edge', 32);
    blocks.push([(left + base) >>> 0, (right + base) >>> 0]);
  }
  return blocks;
};

const readTimestamps = (cursor: Cursor): TcpOption => {
  const number = (name: string): number => {
    if (!word(cursor, name)) fail(cursor, `expected ${name}`, `应为 ${name}`, cursor.at);
    return integer(cursor, name, 32);
  };
  return { kind: 'timestamps', value: number('val'), echo: number('ecr') };
};

const readUserTimeout = (cursor: Cursor): TcpOption => {
  const timeout = integer(cursor, 'uto', 15);
  const unit = take(cursor, /[sm]\b/y);
  if (unit === undefined) fail(cursor, 'expected s or m behind the time', '时间之后应为 s 或 m', cursor.at);
  return { kind: 'userTimeout', timeout, minutes: unit === 'm' };
};

/** `KIND:HEX`, or `KIND/LENGTH:HEX` where the length byte lies. */
const readNumbered = (cursor: Cursor): TcpOption => {
  const code = integer(cursor, 'option kind', 8);
  const length = take(cursor, /\//y) === undefined ? undefined : integer(cursor, 'option length', 8);
  expect(cursor, ':');
  const data = hexBytes(cursor);
  return { kind: 'unknown', code, data, ...(length === undefined ? {} : { length }) };
};

const readEol = (cursor: Cursor): TcpOption => {
  const padding = hexBytes(cursor);
  return padding.length === 0 ? { kind: 'eol' } : { kind: 'eol', padding };
};

/** Options by the word they start with. */
const readers: Readonly<Record<string, (cursor: Cursor, ackBase: number) => TcpOption>> = {
  nop: () => ({ kind: 'nop' }),
  eol: readEol,
  mss: (cursor) => ({ kind: 'mss', mss: integer(cursor, 'mss', 16) }),
  wscale: (cursor) => ({ kind: 'wscale', shift: integer(cursor, 'wscale', 8) }),
  sackOK: () => ({ kind: 'sackOK' }),
  sack: (cursor, ackBase) => ({ kind: 'sack', blocks: readBlocks(cursor, ackBase) }),
  TS: readTimestamps,
  FO: (cursor) => ({ kind: 'fastOpen', cookie: hexBytes(cursor) }),
  FOEXP: (cursor) => ({ kind: 'fastOpen', cookie: hexBytes(cursor), experimental: true }),
  uto: readUserTimeout,
  raw: (cursor) => ({ kind: 'raw', data: hexBytes(cursor) }),
};

const codeByName = new Map(Array.from(namedKinds, ([code, name]) => [name, code]));

const readOption = (cursor: Cursor, ackBase: number): TcpOption => {
  if (take(cursor, /(?=\d)/y) !== undefined) return readNumbered(cursor);
  const at = cursor.at;
  const name = take(cursor, /[A-Za-z]\w*/y) ?? '';
  const code = codeByName.get(name);
  if (code !== undefined) return { kind: 'unknown', code, data: hexBytes(cursor) };
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (read !== undefined) return read(cursor, ackBase);
  const names = [...Object.keys(readers), ...codeByName.keys()];
  fail(cursor, `expected an option: ${names.join(', ')} or KIND:HEX`, `应为选项：${names.join('、')} 或 KIND:HEX`, at);
  return { kind: 'nop' };
};

/** Options as a text lists them, and whether `...` stands among them: others may be there, too. */
interface OptionList {
  readonly options?: readonly TcpOption[];
  readonly otherOptions?: true;
}

/** The list between `<` and `>`: empty where there is none, without options where it is `<...>`. */
export const readOptionList = (cursor: Cursor, ackBase: number): OptionList => {
  if (take(cursor, /</y) === undefined) return { options: [] };
  const options: TcpOption[] = [];
  let isOpen = false;
  do {
    if (take(cursor, /\.\.\./y) === undefined) options.push(readOption(cursor, ackBase));
    else isOpen = true;
  } while (take(cursor, /,/y) !== undefined);
  expect(cursor, '>');
  if (!isOpen) return { options };
  return options.length === 0 ? {} : { options, otherOptions: true };
};
