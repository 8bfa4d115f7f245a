/** XML, line by line: elements with attributes and children. */
import { printableLines } from '../printable.js';

export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly (readonly string[])[] = [],
): string[] {
  const start = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(String(value))}"`)].join(
    ' ',
  );
  if (children.length === 0) return [`<${start}/>`];
  return [`<${start}>`, ...children.flat().map((line) => `  ${line}`), `</${name}>`];
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** For attributes and content alike; what is printable has a place in XML 1.0. */
export const escaped = (text: string): string =>
  printableLines(text).replace(/[&<>"\n]/g, (character) => ENTITIES[character] ?? character);
