/** One packet as a page of a textbook: what it is for, its bytes, layer by layer each field, and what may come back. */
import { colours } from '../colours.js';
import { textWidth } from '../text-width.js';
import { about, type Text } from '../../error.js';
import { padTo, widest } from '../columns.js';
import type { View } from '../view.js';
import { segmentName } from '../segment-name.js';
import { say } from '../words.js';
import { explain, type Explanation } from './explain.js';
import type { Field, Section } from './field.js';
import { hexView, type Mark } from './hex-view.js';
import { bytesText } from './icmp.js';
import { partsOf, type Dissection } from './parts.js';
import { RelativeNumbers } from '../../evidence/relative-numbers.js';
import { describePacket } from './row.js';
import { sectionsOf } from './sections.js';
import { segmentIn } from './segment-in.js';
import { text } from './text.js';
import { wireErrorWords } from './wire-error-words.js';
import { wrapText } from '../wrap.js';

/** Wider is harder to read. */
const mostColumns = 110;
const mostValue = 18;
const bytesPerLine = 16;
const hexColumns = 6 + 3 * bytesPerLine + 1 + bytesPerLine;

type Paint = (words: string) => string;

/** A colour for each layer, in two shades that take turns. */
const shades: readonly (readonly [Paint, Paint])[] = [
  [colours.cyan, colours.cyanBright],
  [colours.yellow, colours.yellowBright],
  [colours.magenta, colours.magentaBright],
  [colours.green, colours.greenBright],
  [colours.blue, colours.blueBright],
];

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A letter for each run of bytes that fields name; those that share bytes share it. */
const marksOf = (sections: readonly Section[]): ReadonlyMap<Field, Mark> => {
  const marks = new Map<Field, Mark>();
  let last: Mark | undefined;
  let used = 0;
  for (const [i, { fields }] of sections.entries()) {
    const [even, odd] = shades[i % shades.length] ?? [colours.cyan, colours.cyanBright];
    for (const field of fields) {
      if (last?.offset !== field.offset || last.size !== field.size) {
        const paint = field.ok === false ? colours.red : used % 2 === 0 ? even : odd;
        last = { offset: field.offset, size: field.size, letter: letters[used % letters.length] ?? '', paint };
        used++;
      }
      marks.set(field, last);
    }
  }
  return marks;
};

/** Widths of the columns of all sections. */
interface Columns {
  readonly name: number;
  readonly value: number;
  readonly meaning: number;
}

const columnsFor = (sections: readonly Section[], { language, columns }: View): Columns => {
  const fields = sections.flatMap((section) => section.fields);
  const name = widest(fields.map((field) => say(field.name, language)));
  const value = Math.min(mostValue, widest(fields.map((field) => field.value)));
  return { name, value, meaning: Math.max(20, Math.min(columns, mostColumns) - name - value - 7) };
};

/** Mark, name, value, and the meaning over as many lines as it takes. */
const rowLines = (
  mark: string,
  name: string,
  value: string,
  meaning: string,
  widths: Columns,
  paint: Paint,
): string[] => {
  const lead = ` ${mark} ${padTo(name, widths.name)}  ${padTo(value, widths.value)}`;
  const [first = '', ...rest] = wrapText(meaning, widths.meaning);
  const indent = ' '.repeat(widths.name + widths.value + 7);
  // A value that does not fit its column, an IPv6 address, has the line for itself.
  const beside = textWidth(value) <= widths.value;
  const lines = beside ? [first, ...rest] : [...(first === '' ? [] : [first]), ...rest];
  const head = beside ? `${lead}  ${paint(first)}`.trimEnd() : lead;
  return [head, ...(beside ? rest : lines).map((line) => `${indent}${paint(line)}`)];
};

const fieldLines = (field: Field, mark: Mark, shared: boolean, widths: Columns, view: View): string[] => {
  const { language } = view;
  const paint = field.ok === undefined ? (words: string) => words : field.ok ? colours.green : colours.red;
  const letter = mark.paint(shared ? ' ' : mark.letter);
  const meaning = field.meaning === undefined ? '' : say(field.meaning, language);
  const details = (field.details ?? []).flatMap((detail) =>
    rowLines(' ', `  ${say(detail.name, language)}`, detail.value, say(detail.meaning, language), widths, (words) =>
      detail.active ? words : colours.dim(words),
    ),
  );
  return [...rowLines(letter, say(field.name, language), field.value, meaning, widths, paint), ...details];
};

const sectionLines = (section: Section, marks: ReadonlyMap<Field, Mark>, widths: Columns, view: View): string[] => {
  const { offset, size, source, fields } = section;
  const last = offset + size - 1;
  const place =
    size === 1
      ? text(`byte ${offset}`, `第 ${offset} 字节`)
      : text(`bytes ${offset} to ${last}`, `第 ${offset} 至 ${last} 字节`);
  const comma = say(text(', ', '，'), view.language);
  const where = [say(place, view.language), source].filter((words) => words !== '').join(comma);
  let previous: Mark | undefined;
  const lines = fields.flatMap((field) => {
    const mark = marks.get(field);
    if (mark === undefined) return [];
    const shared = mark === previous;
    previous = mark;
    return fieldLines(field, mark, shared, widths, view);
  });
  return ['', `${colours.bold(say(section.title, view.language))}  ${colours.dim(where)}`, ...lines];
};

const handshakeLines = ({ handshake }: Explanation, { language, unicode }: View): string[] => {
  const [there, back] = unicode ? ['→', '←'] : ['->', '<-'];
  const [names, segments] = [
    widest(handshake.map(({ name }) => name)),
    widest(handshake.map(({ segment }) => segment)),
  ];
  const lines = handshake.map(({ forward, name, segment, meaning }) =>
    [`   ${forward ? there : back} ${padTo(name, names)}`, padTo(segment, segments), say(meaning, language)].join(
      '   ',
    ),
  );
  return lines.length === 0 ? [] : ['', ...lines];
};

const answerLines = ({ answers }: Explanation, view: View): string[] => {
  if (answers.length === 0) return [];
  const width = widest(answers.map(({ segment }) => segment));
  const room = Math.max(20, Math.min(view.columns, mostColumns) - width - 5);
  const heading = text('What may come back', '可能的应答');
  return [
    '',
    colours.bold(say(heading, view.language)),
    ...answers.flatMap(({ segment, meaning }) => {
      const [first = '', ...rest] = wrapText(say(meaning, view.language), room);
      return [`   ${padTo(segment, width)}  ${first}`, ...rest.map((line) => `${' '.repeat(width + 5)}${line}`)];
    }),
  ];
};

/** What a capture says of a packet besides its bytes. */
export interface PageContext {
  /** Length on the wire, of which the bytes may be only the start. */
  readonly wireBytes: number;
  /** Lines above the explanation: when and where it was captured, what was noted. */
  readonly notes: readonly Text[];
}

export const dissectionPage = (dissection: Dissection, context: PageContext, view: View): string => {
  const { bytes, cut, error } = dissection;
  const { language } = view;
  const prose = Math.min(view.columns, mostColumns);
  const found = segmentIn(dissection);
  const numbers = found === undefined ? undefined : new RelativeNumbers().of(found.segment, found.flow, 0);
  const explanation = found && numbers && explain(found.segment, found.flow, numbers);
  const { from, to, name, what } = describePacket(dissection, numbers);
  const heading = error === undefined ? name : say(text('Unreadable', '无法读取'), language);
  const arrow = view.unicode ? '→' : '->';
  const title = [
    colours.bold(found === undefined ? heading : segmentName(found.segment)),
    ...(from === '' ? [] : [`${from} ${arrow} ${to}`]),
    say(bytesText(bytes.length), language),
  ].join('   ');
  const sections = sectionsOf(partsOf(dissection), bytes, numbers);
  const marks = marksOf(sections);
  const widths = columnsFor(sections, view);
  const missing = context.wireBytes > bytes.length ? [incomplete(bytes.length, context.wireBytes)] : [];
  const warnings = [
    ...(cut === undefined ? [] : [about(text('incomplete', '不完整'), wireErrorWords(cut))]),
    ...(error === undefined ? [] : [about(text('cannot be read', '无法读取'), wireErrorWords(error))]),
  ];
  return [
    title,
    ...(what === '' || error !== undefined ? [] : [colours.cyan(what)]),
    ...[...context.notes, ...missing].map((note) => colours.dim(say(note, language))),
    ...warnings.map((warning) => colours.red(say(warning, language))),
    ...(explanation === undefined
      ? []
      : ['', ...wrapText(say(explanation.purpose, language), prose), ...handshakeLines(explanation, view)]),
    '',
    ...hexView(bytes, [...new Set(marks.values())], {
      bytesPerLine: view.columns < hexColumns ? bytesPerLine / 2 : bytesPerLine,
      unicode: view.unicode,
      language,
    }),
    ...sections.flatMap((section) => sectionLines(section, marks, widths, view)),
    ...(explanation === undefined ? [] : answerLines(explanation, view)),
    '',
  ].join('\n');
};

const incomplete = (captured: number, wire: number): Text =>
  text(`captured: the first ${captured} of ${wire} bytes`, `只抓取了 ${wire} 字节中的前 ${captured} 字节`);
