/** How many cells of a terminal a text takes: a Chinese character two, a colour none. UAX #11. */
import stringWidth from 'fast-string-width';

/** Cells that an ambiguous character takes: arrows, lines of boxes, and others that fonts for Chinese draw as wide as these. */
export type AmbiguousWidth = 1 | 2;

/** Whether a code point is East Asian Ambiguous; undefined where these are as narrow as any other. */
let isAmbiguous: ((codePoint: number) => boolean) | undefined;

/** Has all reports from now on laid out for a terminal that shows ambiguous characters so wide. It is 1 until it is called. */
export async function layOutForAmbiguousWidth(cells: AmbiguousWidth): Promise<void> {
  if (cells === 1) isAmbiguous = undefined;
  else {
    const { eastAsianWidthType } = await import('get-east-asian-width');
    isAmbiguous = (codePoint) => eastAsianWidthType(codePoint) === 'ambiguous';
  }
}

/** Marks stand on the character before them, though UAX #11 has some as ambiguous. */
const MARKS = /\p{M}/gu;

export function textWidth(text: string): number {
  const width = stringWidth(text);
  const ambiguous = isAmbiguous;
  if (ambiguous === undefined) return width;
  return (
    width + Array.from(text.replace(MARKS, '')).filter((character) => ambiguous(character.codePointAt(0) ?? 0)).length
  );
}
