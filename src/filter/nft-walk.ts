/** What each rule of a listing of nft leads to, also by a map that has a name. */
import { chainKey, objectsIn, targetsIn } from './nft-listing.js';
import type { Step } from './rule-walk.js';

export function stepsInNftListing(text: string): readonly Step[] {
  const objects = objectsIn(text);
  const maps = new Map(
    objects.flatMap(({ map }) => {
      if (map === undefined) return [];
      const targets = new Set(targetsIn(map.elem ?? []).map((target) => chainKey(map, target)));
      return [[chainKey(map, map.name), targets] as const];
    }),
  );
  return objects.flatMap(({ rule }) => {
    if (rule === undefined) return [];
    const named = [...JSON.stringify(rule.expr).matchAll(/"@([^"]*)"/g)].flatMap(([, name = '']) => [
      ...(maps.get(chainKey(rule, name)) ?? []),
    ]);
    const to = [...targetsIn(rule.expr).map((target) => chainKey(rule, target)), ...named];
    return [{ from: chainKey(rule, rule.chain), to, rules: 1 }];
  });
}
