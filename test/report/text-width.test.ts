/** Cells of a terminal. UAX #11: wide characters take two, marks none, ambiguous ones what the terminal gives them. */
import { afterEach, expect, test } from 'vitest';
import { layOutForAmbiguousWidth, textWidth } from '../../src/report/text-width.js';

afterEach(() => layOutForAmbiguousWidth(1));

const TEXTS = ['', 'abc', '中文', '→', '─│', '\x1b[31mred\x1b[39m', 'e\u0301', '\u03b1中a'];
const widths = () => TEXTS.map(textWidth);

test('narrow until it is said otherwise, wide then, and narrow again', async () => {
  const narrow = [0, 3, 4, 1, 2, 3, 1, 4];
  expect(widths()).toEqual(narrow);
  await layOutForAmbiguousWidth(2);
  // The arrow, the lines of a box and the Greek letter are ambiguous; the accent, too, but it stands on its letter.
  expect(widths()).toEqual([0, 3, 4, 2, 4, 3, 1, 5]);
  await layOutForAmbiguousWidth(1);
  expect(widths()).toEqual(narrow);
});
