/** The texts in a pcapng file: names and comments, each as long and as many as a person reads. What is left out is said. */

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Where the character starts that the byte at `at` belongs to, so that none is cut in two. */
const characterStart = (bytes: Uint8Array, at: number): number => {
  let start = at;
  while (start > at - 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
};

/** An option's text, without the zeros at its end; of a longer one the first `mostBytes` bytes, and how many more there are. */
export const textOf = (value: Uint8Array, mostBytes: number): string => {
  const end = value.findLastIndex((byte) => byte !== 0) + 1;
  if (end <= mostBytes) return utf8.decode(value.subarray(0, end));
  const cut = characterStart(value, mostBytes);
  return `${utf8.decode(value.subarray(0, cut))}… [${end - cut} more bytes]`;
};

const mostComments = 64;
const mostCommentBytes = 4096;

/** The comments of one packet. */
export class CommentList {
  readonly #texts: string[] = [];
  #leftOut = 0;

  add(value: Uint8Array): void {
    if (this.#texts.length < mostComments) this.#texts.push(textOf(value, mostCommentBytes));
    else this.#leftOut++;
  }

  /** Where there are too many, the last text says how many more. */
  get texts(): readonly string[] {
    return this.#leftOut === 0 ? this.#texts : [...this.#texts, `[${this.#leftOut} more comments]`];
  }
}
