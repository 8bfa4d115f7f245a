/** Words that somebody may have meant. */

/** Those of `known` that are a slip or two away from `word`, or begin or end with it, the nearest first. */
export function nearTo(word: string, known: readonly string[]): readonly string[] {
  return known
    .map((candidate) => ({ candidate, distance: distanceBetween(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= 2 + word.length / 4 || (word !== '' && candidate.includes(word)))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate)
    .slice(0, 3);
}

/** Levenshtein's: letters put in, taken out, or taken for another. */
function distanceBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const letter of a) {
    const next = [(row[0] ?? 0) + 1];
    for (const [i, other] of Array.from(b).entries()) {
      const replaced = (row[i] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[i + 1] ?? 0) + 1, (next[i] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
