/** A value of YAML as one line of text, as JSON writes it, no more of it than is asked for. */

/** Its beginning, of at least `most` characters where it has so many. */
export function valueText(value: unknown, most: number): string {
  let text = '';
  for (const piece of piecesOf(value, most)) {
    text += piece;
    if (text.length >= most) break;
  }
  return text;
}

function* piecesOf(value: unknown, most: number): Generator<string> {
  if (typeof value === 'string') yield JSON.stringify(value.slice(0, most));
  else if (typeof value === 'number') yield numberText(value);
  else if (Array.isArray(value)) yield* between('[', value, (item) => piecesOf(item, most), ']');
  else if (typeof value === 'object' && value !== null)
    yield* between('{', Object.entries(value), ([name, field]) => fieldOf(name, field, most), '}');
  else yield String(value);
}

function* fieldOf(name: string, field: unknown, most: number): Generator<string> {
  yield `${JSON.stringify(name.slice(0, most))}:`;
  yield* piecesOf(field, most);
}

function* between<T>(
  open: string,
  items: readonly T[],
  of: (item: T) => Generator<string>,
  close: string,
): Generator<string> {
  yield open;
  for (const [i, item] of items.entries()) {
    if (i > 0) yield ',';
    yield* of(item);
  }
  yield close;
}

/** What is no number, or has no end, in the words of YAML, for JSON has none. YAML 1.2.2 §10.2.1.4. */
const numberText = (value: number): string =>
  Number.isNaN(value) ? '.nan' : Number.isFinite(value) ? String(value) : value > 0 ? '.inf' : '-.inf';
