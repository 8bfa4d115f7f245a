/** What the web advises against the kernel's RST, each tried as it stands. */
import { BOTH_ENDS } from '../../evidence/host.js';
import type { Evidence, Scene } from '../../evidence/evidence.js';
import type { HandshakeRun } from '../../evidence/run.js';
import { monotonicNow } from '../../linux/libc/clock.js';
import { runHandshake } from '../../lab/handshake.js';
import { none } from '../../lab/remedies/none.js';
import type { Experiment } from '../experiment.js';
import { RECIPE_NAMES, type RecipeName, RECIPES, remedyOf } from './recipe-rules.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

const EXPECTED = Object.fromEntries(RECIPE_NAMES.map((name) => [name, RECIPES[name].expected])) as Record<
  RecipeName,
  readonly string[]
>;

interface World {
  /** Whether what is advised is done at all. */
  readonly followed: boolean;
}

export const recipes: Experiment<RecipeName, World> = {
  id: 'recipes',
  ...textOf(words),
  facts: factsOf(words, EXPECTED),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'iptables -A INPUT -p tcp --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
    { host: 'client', line: 'iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'iptables -F' },
  ],
  claims: claimsOf(words, {
    output: 'refined',
    source: 'wrong',
    sport: 'refined',
    input: 'wrong',
    dport: 'refined',
    nft: 'refined',
    uid: 'wrong',
    invalid: 'wrong',
    reject: 'refined',
    arp: 'wrong',
    sysctl: 'wrong',
  }),
  world: { followed: true },
  async observe({ family, trace, signal }, { followed }) {
    const scenes: Scene[] = [];
    const runs: HandshakeRun[] = [];
    const facts: Partial<Record<RecipeName, readonly string[]>> = {};
    for (const name of RECIPE_NAMES) {
      const recipe = RECIPES[name];
      scenes.push({ atMs: monotonicNow(), title: words.facts[name] });
      const run = await runHandshake({
        remedy: followed ? remedyOf(recipe, family) : none,
        family,
        transport: recipe.transport ?? 'auto',
        data: 'hello',
        ...(trace !== undefined && { trace }),
        ...(signal !== undefined && { signal }),
      });
      runs.push(run);
      facts[name] = [run.observed, ...(run.verdict?.findings ?? []).map(({ code }) => code)];
    }
    return { facts: facts as Record<RecipeName, readonly string[]>, evidence: evidenceOf(runs, scenes) };
  },
};

/** Of all of them, one after the other. */
const evidenceOf = (runs: readonly HandshakeRun[], scenes: readonly Scene[]): Evidence => ({
  hosts: BOTH_ENDS,
  packets: runs.flatMap(({ packets }) => packets),
  lookups: runs.flatMap(({ lookups }) => lookups),
  kernel: runs.flatMap(({ kernel }) => kernel),
  sockets: runs.flatMap(({ sockets }) => sockets),
  frames: runs.flatMap(({ frames }) => frames),
  missing: runs[0]?.missing ?? [],
  counters: runs.at(-1)?.counters ?? { client: {}, server: {} },
  systemCalls: [],
  scenes,
});
