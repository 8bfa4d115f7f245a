/** What `rawshake doctor` prints: a row for each thing, and under what is not ok what that costs and what to do. */
import { textWidth } from '../report/text-width.js';
import type { Language, Text } from '../error.js';
import type { Capability } from '../lab/capability.js';
import { printableData } from '../printable.js';
import { colours } from '../report/colours.js';
import { padTo, widest } from '../report/columns.js';
import { wrapText } from '../report/wrap.js';
import { proseWidth } from '../report/experiment-text.js';
import { say } from '../report/words.js';

interface View {
  readonly language: Language;
  readonly columns: number;
}

export function doctorText(capabilities: readonly Capability[], { language, columns }: View): string {
  const rows = printableData(capabilities, ['hint', 'costs']);
  const names = widest(rows.map(({ name }) => name));
  const indent = ' '.repeat(BEFORE_NAME + names + 2);
  const room = Math.max(LEAST_ROOM, proseWidth(columns) - indent.length);
  const lines = rows.flatMap((row) => [
    ...wrapText(row.detail[language], room).map((line, i) =>
      i === 0 ? `${markOf(row)}  ${padTo(row.name, names)}  ${line}` : indent + line,
    ),
    ...(row.ok ? [] : adviceLines(row, language, room).map((line) => indent + line)),
  ]);
  return [...lines, '', ...wrapText(say(summary(rows), language), proseWidth(columns)), ''].join('\n');
}

/** The mark, and two blanks. */
const BEFORE_NAME = 6;
const LEAST_ROOM = 24;

function markOf({ ok, needed, untried }: Capability): string {
  if (ok) return colours.green('ok  ');
  if (untried === true) return colours.yellow('?   ');
  return needed ? colours.red('FAIL') : colours.yellow('warn');
}

const COSTS: Text = { en: 'costs: ', zh: '影响：' };
const HINT: Text = { en: 'hint: ', zh: '提示：' };

function adviceLines({ costs, hint }: Capability, language: Language, room: number): readonly string[] {
  return [
    ...(costs === undefined ? [] : costLines(costs[language].split('\n'), language, room)),
    ...(hint === undefined ? [] : hintLines(hint, language, room)),
  ];
}

/** Of several things, a line each. */
function costLines(costs: readonly string[], language: Language, room: number): readonly string[] {
  if (costs.length === 1) return prose(`${COSTS[language]}${costs.join('')}`, room);
  return [COSTS[language].trim(), ...costs.flatMap((cost) => prose(cost, room - 2).map((line) => `  ${line}`))];
}

/** Wrapped, what is carried over indented. */
const prose = (text: string, room: number): string[] =>
  wrapText(text, room - 2).map((line, i) => (i === 0 ? line : `  ${line}`));

/** A command in it stays whole, on a line of its own where it does not fit. */
function hintLines(hint: Text, language: Language, room: number): readonly string[] {
  const text = `${HINT[language]}${hint[language]}`;
  const [first = '', ...more] = text.split('\n');
  if (more.length > 0) return [first, ...more.map((line) => `  ${line}`)]; // commands, as they were run
  if (textWidth(text) <= room) return [text];
  const command = commandIn(hint);
  if (command === '') return prose(text, room);
  return [...prose(text.slice(0, -command.length), room), `  ${command}`];
}

/** What is to be pasted, which is the same in every language: all of it, or what stands at its end. */
function commandIn({ en, zh }: Text): string {
  if (en === zh) return en;
  const end = zh.slice(zh.lastIndexOf('：') + 1);
  return en.endsWith(end) ? end : '';
}

function summary(rows: readonly Capability[]): Text {
  if (rows.some(({ ok, needed }) => needed && !ok)) {
    return {
      en: 'compare cannot run here, because of what is marked FAIL.',
      zh: '这里无法运行 compare，原因见标有 FAIL 的各行。',
    };
  }
  if (rows.some(({ ok }) => !ok)) {
    return {
      en: 'compare runs here. What is marked "warn" is not needed for it, and costs what it says.',
      zh: '这里可以运行 compare。标有 warn 的各行并非必需，影响如其所述。',
    };
  }
  return { en: 'Nothing is missing. Begin with: rawshake compare', zh: '什么都不缺。可以开始：rawshake compare' };
}
