/** A host of the test's own, its rules as a person left them, and what rawshake has left of itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { runCommand } from '../../src/linux/process/command.js';
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';
import type { RuleSet } from './rule-sets.js';

/** Loads a rule set with the iptables that the PATH leads to. */
export function loadRules(netns: NetworkNamespace, { v4, v6, nft }: RuleSet): void {
  if (v4 !== undefined) runCommand(['iptables-restore'], { netns, input: v4 });
  if (v6 !== undefined) runCommand(['ip6tables-restore'], { netns, input: v6 });
  if (nft !== undefined) runCommand(['nft', '-f', '-'], { netns, input: nft });
}

/** As rules were written, whatever has passed since. */
export const withoutCounters = (text: string): string =>
  text
    .replace(/^#.*$/gm, '')
    .replace(/\[\d+:\d+\]/g, '[0:0]')
    .replace(/counter packets \d+ bytes \d+/g, 'counter');

const LOOKS = [
  ['nft', 'list', 'ruleset'],
  ['iptables-save'],
  ['ip6tables-save'],
  ['iptables-legacy-save'],
  ['ip6tables-legacy-save'],
] as const;

/** Every rule of every kind, counters aside. */
export const allRules = (netns: NetworkNamespace): string =>
  LOOKS.map((look) => withoutCounters(runCommand(look, { netns }))).join('----\n');

/** The number by which the kernel names the namespace. */
export const namespaceNumber = (netns: NetworkNamespace): string =>
  runCommand(['readlink', '/proc/self/ns/net'], { netns }).replace(/\D/g, '');

const JOURNALS = ['/run/rawshake', `${process.env['XDG_RUNTIME_DIR'] ?? '/nowhere'}/rawshake`];

/** Entries of the journal about this namespace. */
export const journalEntries = (netns: NetworkNamespace): string[] => journalEntriesOf([namespaceNumber(netns)]);

/** The same about several, by their numbers. */
export const journalEntriesOf = (numbers: readonly string[]): string[] =>
  JOURNALS.flatMap((folder) => filesIn(folder)).filter((name) => numbers.includes(name.replace(/^.*-/, '')));

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The guards of a rule, by the comment that it carries. */
export const guardsOf = (comment: string): number[] =>
  readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.includes('rawshake-guard') && words.includes(comment) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
