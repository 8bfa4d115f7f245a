/** What a person is shown of a line that may be of any length: a command can name thousands of addresses. */

/** Enough to tell which it is. */
const MOST_CHARACTERS = 600;

/** As it is, or its beginning with `…` behind it; no character is cut in two. */
export const shownLine = (line: string): string =>
  line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS).replace(/[\ud800-\udbff]$/, '')}…`;
