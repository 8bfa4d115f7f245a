/** Prose in lines: English breaks between words, Chinese between any two characters but not before punctuation. */
import stringWidth from 'fast-string-width';

/** White space; or a word or a Chinese character, with the punctuation that must not be parted from it. */
const piece = /\s+|[（“]*(?:\p{Script=Han}|[^\s\p{Script=Han}（“，。；：、）”]+)?[，。；：、）”]*/gu;

/** Lines of at most `width` columns, where no single word is wider. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const [word] of text.matchAll(piece)) {
    if (stringWidth((line + word).trimEnd()) <= width) {
      line += word;
      continue;
    }
    if (line !== '') lines.push(line.trimEnd());
    line = word.trimStart();
  }
  return [...lines, line.trimEnd()];
};
