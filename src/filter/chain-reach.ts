/** Where packets come from to a chain of the user's own: by which of the chains with a hook it is reached. */

/** A jump from one chain to another, each by a name that no other chain has. */
export type Jump = readonly [from: string, to: string];

/**
 * For each chain that is reached, the base chain to name for it: the first, those of the output hook before others. Each jump is
 * followed once for all, however many ways lead to a chain.
 */
export function reachedFrom<Base extends { readonly hook: string }>(
  bases: ReadonlyMap<string, Base>,
  jumps: Iterable<Jump>,
): ReadonlyMap<string, Base> {
  const next = new Map<string, string[]>();
  for (const [from, to] of jumps) {
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  }
  const reached = new Map(bases);
  const all = [...bases.entries()];
  for (const [name, base] of [...all.filter(isOutput), ...all.filter((one) => !isOutput(one))]) {
    const waiting = [name];
    for (let from = waiting.pop(); from !== undefined; from = waiting.pop())
      for (const to of next.get(from) ?? []) {
        if (reached.has(to)) continue;
        reached.set(to, base);
        waiting.push(to);
      }
  }
  return reached;
}

const isOutput = ([, { hook }]: readonly [string, { readonly hook: string }]): boolean => hook === 'output';
