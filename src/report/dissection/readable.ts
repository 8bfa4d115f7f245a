/** Data as a person can read it. */

const mostCharacters = 16;

/** `"hello"`, with dots for what cannot be printed; the start of it, where it is long. */
export const readable = (bytes: Uint8Array): string => {
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * mostCharacters)).replace(/[\p{C}\ufffd]/gu, '·');
  return text.length > mostCharacters ? `"${text.slice(0, mostCharacters - 1)}…"` : `"${text}"`;
};
