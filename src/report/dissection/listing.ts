/** Packets of a capture as they come: a line each, a page where there is one only, or a JSON array. */
import { colours } from '../colours.js';
import { padTo, widest } from '../columns.js';
import type { Text } from '../../error.js';
import { jsonText, printableData } from '../../printable.js';
import type { CaptureRecord } from '../../capture/record.js';
import { linkTypeOf, type SegmentFormat } from '../../wire/index.js';
import type { View } from '../view.js';
import { dissectionJson, type CaptureJson } from './json.js';
import { dissectionPage } from './page.js';
import { dissect, type Dissection } from './parts.js';
import { RelativeNumbers } from '../../evidence/relative-numbers.js';
import { describePacket } from './row.js';
import { segmentIn } from './segment-in.js';
import { same, text } from './text.js';

/** Text for each packet, and what is left at the end. */
export interface Listing {
  add(record: CaptureRecord): string;
  end(): string;
  /** Whether there were packets, and not one of them could be read. */
  readonly allUnreadable: boolean;
}

/** A record with all that is known about it. */
interface Entry {
  readonly record: CaptureRecord;
  readonly number: number;
  readonly dissection: Dissection;
  readonly numbers: SegmentFormat | undefined;
  /** Seconds since the first packet, to the microsecond. */
  readonly at: number | undefined;
  readonly damage: string | undefined;
}

/** What takes records one by one and knows what went before. */
class Reader {
  readonly #numbers = new RelativeNumbers();
  #first: bigint | undefined;
  #count = 0;
  #readable = 0;

  /** Packets so far. */
  get count(): number {
    return this.#count;
  }

  get allUnreadable(): boolean {
    return this.#count > 0 && this.#readable === 0;
  }

  read(record: CaptureRecord): Entry {
    const { bytes, epochNs, interfaceId } = record;
    const linkType = linkTypeOf(record.linkType);
    const dissection = dissect(bytes, linkType);
    if (dissection.frame !== undefined) this.#readable += 1;
    const found = segmentIn(dissection);
    this.#first ??= epochNs;
    return {
      record,
      number: ++this.#count,
      dissection,
      numbers: found && this.#numbers.of(found.segment, found.flow, interfaceId),
      at: epochNs === undefined ? undefined : Number((epochNs - (this.#first ?? 0n)) / 1000n) / 1e6,
      damage: record.damage ?? (linkType === undefined ? `link type ${record.linkType} is not known here` : undefined),
    };
  }
}

const mostMs = 8_640_000_000_000_000n;

/** RFC 3339, to the nanosecond; undefined beyond what a date can be. */
const timeOf = (epochNs: bigint): string | undefined => {
  const ms = epochNs / 1_000_000n;
  if (ms > mostMs || ms < 0n) return undefined;
  const fraction = String(epochNs % 1_000_000_000n).padStart(9, '0');
  return new Date(Number(ms)).toISOString().replace(/\.\d+Z$/, `.${fraction}Z`);
};

/** Up to 999 seconds stand below each other. */
const timeWidth = 10;

/** A line for each; a page where there is but one. */
export class TextListing implements Listing {
  readonly #reader = new Reader();
  readonly #view: View;
  /** The first one, until it is known whether there is a second. */
  #only: Entry | undefined;
  #endWidth = 0;

  constructor(view: View) {
    this.#view = view;
  }

  get allUnreadable(): boolean {
    return this.#reader.allUnreadable;
  }

  add(record: CaptureRecord): string {
    const entry = this.#reader.read(printableData(record));
    if (entry.number === 1) {
      this.#only = entry;
      return '';
    }
    const first = this.#only === undefined ? '' : this.#row(this.#only);
    this.#only = undefined;
    return first + this.#row(entry);
  }

  end(): string {
    if (this.#only === undefined) return '';
    const { record, dissection } = this.#only;
    return dissectionPage(dissection, { wireBytes: record.wireBytes, notes: notesOf(this.#only) }, this.#view);
  }

  #row({ record, dissection, numbers, at, damage }: Entry): string {
    const { from, to, name, what } = describePacket(dissection, numbers);
    // The column grows as it must: what is to come is not known, but for the answer that goes the other way.
    const width = Math.max(this.#endWidth, widest([from, to]));
    this.#endWidth = width;
    const words = [
      ...(record.interfaceName === undefined ? [] : [colours.dim(`(${record.interfaceName})`)]),
      painted([name, what].join(' ').trim(), dissection),
      ...(damage === undefined ? [] : [colours.red(`[${damage}]`)]),
      ...record.comments.map((comment) => colours.dim(`# ${comment}`)),
    ];
    const ends = from === '' && to === '' ? '' : `${padTo(from, width)} > ${padTo(to, width)}`;
    const time = (at === undefined ? '' : at.toFixed(6)).padStart(timeWidth);
    return `${time}  ${padTo(ends, 2 * width + 3)}  ${words.join(' ')}\n`;
  }
}

const painted = (what: string, { error, frame }: Dissection): string => {
  if (error !== undefined) return colours.red(what);
  const flags = frame?.packet?.tcp?.flags ?? 0;
  return flags & 4 ? colours.red(what) : what;
};

const notesOf = ({ record, damage }: Entry): Text[] => {
  const time = record.epochNs === undefined ? undefined : timeOf(record.epochNs);
  return [
    ...(time === undefined || record.epochNs === 0n ? [] : [text(`captured ${time}`, `抓取于 ${time}`)]),
    ...(record.interfaceName === undefined ? [] : [text(`on ${record.interfaceName}`, `接口 ${record.interfaceName}`)]),
    ...record.comments.map((comment) => same(`# ${comment}`)),
    ...(damage === undefined ? [] : [same(damage)]),
  ];
};

/** One JSON array, an element to a line. */
export class JsonListing implements Listing {
  readonly #reader = new Reader();

  get allUnreadable(): boolean {
    return this.#reader.allUnreadable;
  }

  add(record: CaptureRecord): string {
    const { dissection, number, numbers, at, damage } = this.#reader.read(record);
    const time = record.epochNs === undefined ? undefined : timeOf(record.epochNs);
    const capture: CaptureJson = {
      number,
      ...(at === undefined ? {} : { at }),
      ...(time === undefined ? {} : { time }),
      ...(record.interfaceName === undefined ? {} : { interface: record.interfaceName }),
      ...(record.comments.length === 0 ? {} : { comments: record.comments }),
      ...(record.wireBytes === record.bytes.length ? {} : { wireBytes: record.wireBytes }),
    };
    return `${number === 1 ? '[' : ','}\n${jsonText(dissectionJson(dissection, capture, numbers, damage))}`;
  }

  end(): string {
    return this.#reader.count === 0 ? '[]\n' : '\n]\n';
  }
}
