/** Sequence diagrams in Mermaid's language, which GitHub and many editors draw. mermaid.js.org/syntax/sequenceDiagram */
import type { Language } from '../error.js';
import type { Host, HostName } from '../evidence/host.js';
import { printable } from '../printable.js';

/** One line of a diagram. */
export type MermaidLine =
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'note'; readonly host: HostName; readonly text: string }
  | {
      readonly type: 'message';
      readonly from: HostName;
      readonly to: HostName;
      readonly text: string;
      /** Drawn solid; the kernel's are dashed. */
      readonly byHand: boolean;
      /** Drawn with a cross at its end. */
      readonly crossed: boolean;
    };

export interface MermaidPart {
  /** From the left. */
  readonly hosts: readonly Host[];
  readonly title: string;
  readonly lines: readonly MermaidLine[];
}

/** A file of this name holds Markdown with a diagram for each part; any other holds one diagram, all parts in it. */
export function mermaidFile(file: string, parts: readonly MermaidPart[], language: Language): string {
  if (!/\.(md|markdown)$/i.test(file)) return diagram(parts, language);
  return parts
    .map((part) => `## ${inMarkdown(part.title)}\n\n\`\`\`mermaid\n${diagram([part], language)}\`\`\`\n`)
    .join('\n');
}

function diagram(parts: readonly MermaidPart[], language: Language): string {
  const hosts = [...new Map(parts.flatMap((part) => part.hosts.map((host) => [host.name, host]))).values()];
  const names = hosts.map(({ name }) => name);
  const idOf: IdOf = (name) => (names.every((one) => IS_ID.test(one)) ? name : `host${names.indexOf(name) + 1}`);
  const across = [...new Set([names.at(0), names.at(-1)])].flatMap((name) => (name === undefined ? [] : idOf(name)));
  const heading = (text: string): string => `Note over ${across.join(',')}: ${escaped(text)}`;
  const lines = parts.flatMap(({ title, lines: own }) => [
    ...(parts.length > 1 ? [heading(title)] : []),
    ...own.map((line) => (line.type === 'heading' ? heading(line.text) : mermaidLine(line, idOf))),
  ]);
  return [
    'sequenceDiagram',
    ...hosts.map(({ name, title }) => `  participant ${idOf(name)} as ${escaped(title[language])}`),
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

type IdOf = (name: HostName) => string;

/** Names that mean themselves wherever they stand in a diagram. Others could be words of Mermaid's, such as `end`. */
const IS_ID = /^(client|router|server)$/;

function mermaidLine(line: Exclude<MermaidLine, { type: 'heading' }>, idOf: IdOf): string {
  switch (line.type) {
    case 'note':
      return `Note over ${idOf(line.host)}: ${escaped(line.text)}`;
    case 'message': {
      const arrow = `${line.byHand ? '-' : '--'}${line.crossed ? 'x' : '>>'}`;
      return `${idOf(line.from)}${arrow}${idOf(line.to)}: ${escaped(line.text)}`;
    }
  }
}

/**
 * `;` ends a statement, `#` begins an entity, `%%` a comment and `%%{` a directive, `$$` a formula, `\n` breaks a line,
 * what looks like a tag is one, and a message may begin with `wrap:`: none of them is meant here.
 */
const escaped = (text: string): string =>
  printable(text).replace(/[#;<>&%$\\]|(?<=^\s*(?:no)?wrap):/gi, (character) => `#${String(character.charCodeAt(0))};`);

/** CommonMark §2.4: a backslash before punctuation takes its meaning away. */
const inMarkdown = (text: string): string => printable(text).replace(/[\\`*_[\]<>&#~$|]/g, '\\$&');
