/** Sequence diagrams in Mermaid's language, which GitHub and many editors draw. mermaid.js.org/syntax/sequenceDiagram */
import type { HostName } from '../evidence/host.js';
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
      readonly reset: boolean;
    };

export interface MermaidPart {
  readonly title: string;
  readonly lines: readonly MermaidLine[];
}

/** What the hosts are called. */
export type MermaidHosts = Readonly<Record<HostName, string>>;

/** A file of this name holds Markdown with a diagram for each part; any other holds one diagram, all parts in it. */
export function mermaidFile(file: string, parts: readonly MermaidPart[], hosts: MermaidHosts): string {
  if (!/\.(md|markdown)$/i.test(file)) return diagram(parts, hosts);
  return parts
    .map((part) => `## ${inMarkdown(part.title)}\n\n\`\`\`mermaid\n${diagram([part], hosts)}\`\`\`\n`)
    .join('\n');
}

function diagram(parts: readonly MermaidPart[], hosts: MermaidHosts): string {
  const lines = parts.flatMap(({ title, lines: own }) => [
    ...(parts.length > 1 ? [across(title)] : []),
    ...own.map(mermaidLine),
  ]);
  return [
    'sequenceDiagram',
    ...(['client', 'server'] as const).map((host) => `  participant ${host} as ${escaped(hosts[host])}`),
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

const across = (text: string): string => `Note over client,server: ${escaped(text)}`;

function mermaidLine(line: MermaidLine): string {
  switch (line.type) {
    case 'heading':
      return across(line.text);
    case 'note':
      return `Note over ${line.host}: ${escaped(line.text)}`;
    case 'message': {
      const arrow = `${line.byHand ? '-' : '--'}${line.reset ? 'x' : '>>'}`;
      return `${line.from}${arrow}${line.to}: ${escaped(line.text)}`;
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
