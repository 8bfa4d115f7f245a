/** Programs that hold filters, killed at a moment of their lives, and how long it takes until nothing of them is left. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createNamespace, type NetworkNamespace } from '../../src/linux/netns.js';
import { openNft } from '../../src/linux/nftables.js';
import { finish, start } from './cli.js';
import { allRules, journalEntries, loadRules } from './host-rules.js';
import { RULE_SETS, type RuleSet } from './rule-sets.js';
import { processesWith } from './traces.js';

const FILTERS = [
  ['--from', '192.0.2.1:41000', '--to', '192.0.2.2:8888', '--backend', 'nft'],
  ['--from', '192.0.2.1:41001', '--to', '192.0.2.2:8888', '--backend', 'iptables'],
  ['--from', '[2001:db8::1]:41002', '--backend', 'iptables'],
  ['--from', '192.0.2.1:41003', '--backend', 'iptables'],
] as const;

/** Starts `filter add` in a network namespace. */
export const startFilter = (
  netns: NetworkNamespace,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess => start(['filter', 'add', ...args], { prefix: ['nsenter', `--net=${netns.path}`], env });

export interface KillResult {
  /** Filters that were in force when the signal came, or about to be. */
  readonly inForce: number;
  /** From the signal until nothing was left. */
  readonly cleanAfterMs: number;
}

/** Four programs at once, each ended by `signal` `momentMs` after its start. Throws where something stays. */
async function killRound(rules: RuleSet, signal: NodeJS.Signals, momentMs: number): Promise<KillResult> {
  const netns = createNamespace();
  const nft = openNft(netns);
  try {
    loadRules(netns, rules);
    const before = allRules(netns);
    const ruleset = nft.run('list ruleset');
    const mark = `RAWSHAKE_TEST=${randomUUID()}`;
    const [name = '', value] = mark.split('=');
    const programs = FILTERS.map((args) => startFilter(netns, args, { [name]: value }));
    const ended = programs.map(finish);
    await delay(momentMs); // the moment is the stimulus: nothing is waited for here
    const inForce = nft.run('list chains inet').split('"rawshake-').length - 1 + journalEntries(netns).length;
    const signalledAt = performance.now();
    for (const program of programs) program.kill(signal);
    await Promise.all(ended);
    const isClean = (): boolean => processesWith(mark).length === 0 && nft.run('list ruleset') === ruleset;
    while (!isClean()) {
      if (performance.now() - signalledAt > GIVE_UP_MS) throw new Error(leftOvers(netns, mark));
      await delay(1);
    }
    const cleanAfterMs = performance.now() - signalledAt;
    if (allRules(netns) !== before || journalEntries(netns).length > 0) throw new Error(leftOvers(netns, mark));
    return { inForce, cleanAfterMs };
  } finally {
    nft.close();
    netns.close();
  }
}

const GIVE_UP_MS = 5000;

const leftOvers = (netns: NetworkNamespace, mark: string): string =>
  `left behind: processes ${processesWith(mark).join()}; journal ${journalEntries(netns).join()}; rules\n${allRules(netns)}`;

/** Comes when a program says that its filter is in force. */
export async function firstOutput({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error('no output');
  await once(stdout, 'data');
}

/** How long the programs take until their filters are in force, here and now. */
async function timeToForce(): Promise<number> {
  const netns = createNamespace();
  const startedAt = performance.now();
  const programs = FILTERS.map((args) => startFilter(netns, args));
  const ended = programs.map(finish);
  await Promise.all(programs.map(firstOutput));
  const tookMs = performance.now() - startedAt;
  for (const program of programs) program.kill('SIGINT');
  await Promise.all(ended);
  netns.close();
  return tookMs;
}

/** Rounds at moments from the start of a program to some time after its filter is in force, with every processor busy. */
export async function killRounds(count: number, signal: NodeJS.Signals): Promise<readonly KillResult[]> {
  const busy = [1, 2].map(() =>
    spawn(process.execPath, ['-e', 'const end = Date.now() + 300_000; while (Date.now() < end);']),
  );
  try {
    const results: KillResult[] = [];
    const spreadMs = 1.6 * (await timeToForce());
    for (let i = 0; i < count; i++) {
      const rules = RULE_SETS[i % RULE_SETS.length];
      const momentMs = (spreadMs * (i + Math.random())) / count;
      if (rules !== undefined) results.push(await killRound(rules, signal, momentMs));
    }
    return results;
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
}
