/** XML, line by line: elements with attributes and children. */

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
  '\t': '&#9;',
};

/** For attributes and content alike. What XML 1.0 has no place for, not even escaped, becomes U+FFFD. */
export const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"\n\t]/g, (character) => ENTITIES[character] ?? character);
