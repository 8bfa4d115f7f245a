/** Four programs at once, ended by a signal at a moment of their lives, and how long it takes until nothing of them is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomStream } from '../../src/driver/random.js';
import type { Owner } from '../../src/evidence/lookup.js';
import type { LabHost } from '../../src/lab/host.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { parsePacket } from '../../src/wire/index.js';
import { finish } from './cli.js';
import { allRules, journalEntriesOf, withoutCounters, loadRules, namespaceNumber } from './host-rules.js';
import { type LegacyPath, legacyPath } from './legacy.js';
import { flowOf, openPeer, startPrograms, type Variation } from './programs.js';
import { RULE_SETS, type RuleSet } from './rule-sets.js';
import { commandOf, linksAndRules, namespacesMadeBy, processesWith } from './traces.js';

/** From when the moment counts: the start of the programs, the arrival of the SYN at its peer, the lab of `compare`. */
const ANCHORS = ['start', 'syn', 'lab'] as const;
type Anchor = (typeof ANCHORS)[number];

interface Round extends Variation {
  readonly rules: RuleSet;
  /** Which iptables the programs find. */
  readonly variant: 'nf_tables' | 'legacy';
  readonly anchor: Anchor;
  readonly delayMs: number;
  /** As by Ctrl-Z: the programs sleep when the signal comes, and are woken after it. */
  readonly stopped: boolean;
}

export interface KillResult {
  /** Filters that were in force when the signal came, or about to be. */
  readonly inForce: number;
  /** Network namespaces that `compare` had open then. */
  readonly namespaces: number;
  /** Where the connection was then: what its peer's kernel said of it. */
  readonly connection: Owner | 'SYN_SENT';
  /** From the signal until nothing was left. */
  readonly cleanAfterMs: number;
  /** What was there until the end. */
  readonly last: string;
}

const GIVE_UP_MS = 10_000;

const NFT_LOOK = ['nft', 'list', 'ruleset'] as const;

/** What iptables of the old kind has in force; it knows nothing of nftables, nor they of it. */
const LEGACY_LOOKS = [
  ['iptables-legacy', '-t', 'raw', '-S'],
  ['ip6tables-legacy', '-t', 'raw', '-S'],
] as const;

/** All rules of a host, without what has passed. */
function rulesOf(host: LabHost, { variant }: Round): string {
  const looks = [NFT_LOOK, ...(variant === 'legacy' ? LEGACY_LOOKS : [])];
  return withoutCounters(looks.map((look) => host.run(look)).join(''));
}

/** Watches the peer's end of the link. */
function watchSyn(lab: Lab): { readonly arrived: Promise<void>; close(): void } {
  const capture = lab.server.capture(1);
  const arrived = new Promise<void>((resolve) => {
    capture.onFrame(({ direction, bytes, linkHeaderBytes }) => {
      const parsed = parsePacket(bytes.subarray(linkHeaderBytes));
      if (direction === 'incoming' && parsed.ok && parsed.value.tcp !== undefined) resolve();
    });
  });
  return { arrived, close: () => capture.close() };
}

/** Waits, by looking, until the program has its namespaces open. */
async function labOpened({ pid = 0 }: ChildProcess): Promise<void> {
  while (namespacesMadeBy(pid).length < 2) await delay(2);
}

async function momentOf(
  { anchor, delayMs }: Round,
  { arrived }: { arrived: Promise<void> },
  compare: ChildProcess,
): Promise<void> {
  if (anchor === 'syn') await arrived;
  if (anchor === 'lab') await Promise.race([labOpened(compare), delay(GIVE_UP_MS)]);
  await delay(delayMs); // the moment is the stimulus: nothing is waited for here
}

/** Looks again and again, as long as it takes within reason; gives what was there last. */
async function waitUntilClean(signalledAt: number, look: () => readonly string[]): Promise<string> {
  const release = hurry();
  let last = '';
  for (let seen = look(); seen.length > 0 && performance.now() - signalledAt < GIVE_UP_MS; seen = look()) {
    last = seen.join(', ');
    await delay(2);
  }
  release();
  return last;
}

/** What is measured is the programs, not how long the test waits for its turn. An ordinary user may not ask for that. */
function hurry(): () => void {
  try {
    setPriority(-15);
    return () => {
      setPriority(0);
    };
  } catch {
    return () => undefined;
  }
}

/** @throws where something stays */
async function killRound(round: Round, signal: NodeJS.Signals, legacy: LegacyPath): Promise<KillResult> {
  const lab = createLab();
  const { client, server } = lab;
  const peer = await openPeer(lab, round);
  const syn = watchSyn(lab);
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-kills-'));
  try {
    loadRules(client.netns, round.rules);
    if (round.variant === 'legacy') for (const look of LEGACY_LOOKS) client.run(look); // that it was used, stays
    const before = [allRules(client.netns), linksAndRules()].join('');
    const ruleset = rulesOf(client, round);
    const mark = `RAWSHAKE_TEST=${randomUUID()}`;
    const [name = '', value] = mark.split('=');
    const path = round.variant === 'legacy' ? { PATH: legacy.path } : {};
    const { all, compare } = startPrograms(lab, round, { [name]: value, TMPDIR: folder, ...path });
    const ended = all.map(finish);
    await momentOf(round, syn, compare);

    const made = namespacesMadeBy(compare.pid ?? 0);
    const journals = [namespaceNumber(client.netns), ...made.map((link) => link.replace(/\D/g, ''))];
    const byNft = client
      .nft()
      .contents('inet')
      .filter(({ table }) => table.startsWith('rawshake-')).length;
    const inForce = byNft + journalEntriesOf(journals).length;
    const { owner } = server.lookup(reverseFlow(flowOf(lab, round)));
    const signalledAt = performance.now();
    const signals: readonly NodeJS.Signals[] = round.stopped ? ['SIGSTOP', signal, 'SIGCONT'] : [signal];
    for (const program of all) for (const each of signals) program.kill(each);
    let running: readonly string[] = [];
    const last = await waitUntilClean(signalledAt, () => {
      // A nameless namespace is in a process, or it is no more. All processes are looked at only where none is known.
      running = running.filter((pid) => existsSync(`/proc/${pid}`) && commandOf(pid) !== '');
      if (running.length === 0) running = processesWith(mark);
      if (running.length > 0) return running.map(commandOf);
      return rulesOf(client, round) === ruleset ? [] : ['rules'];
    });
    const cleanAfterMs = performance.now() - signalledAt;
    await Promise.all(ended);

    const after = [allRules(client.netns), linksAndRules()].join('');
    const left = [...processesWith(mark), ...journalEntriesOf(journals), ...readdirSync(folder)];
    if (left.length > 0 || after !== before) throw new Error(`${left.join(', ')}\n${after === before ? '' : after}`);
    const unanswered = round.course === 'unanswered' && round.anchor === 'syn';
    return { inForce, namespaces: made.length, connection: unanswered ? 'SYN_SENT' : owner, cleanAfterMs, last };
  } finally {
    peer.close();
    syn.close();
    rmSync(folder, { recursive: true });
    lab.close();
  }
}

/** How long the programs take here and now until the SYN is sent. */
async function timeToSyn(): Promise<number> {
  const lab = createLab();
  const syn = watchSyn(lab);
  const startedAt = performance.now();
  const { all } = startPrograms(lab, { family: 4, backend: 'iptables', course: 'open' }, {});
  const ended = all.map(finish);
  await syn.arrived;
  const tookMs = performance.now() - startedAt;
  for (const program of all) program.kill('SIGINT');
  await Promise.all(ended);
  syn.close();
  lab.close();
  return tookMs;
}

/** As many as a connection of any course needs to be over on the client. */
const WHOLE_LIFE_MS = 300;

/** The same rounds for the same seed. */
function plannedRounds(count: number, seed: number, startMs: number): readonly Round[] {
  const random = randomStream(seed);
  const oneOf = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return Array.from({ length: count }, (_, i) => {
    const anchor = ANCHORS[i % ANCHORS.length] ?? 'start';
    return {
      rules: oneOf(...RULE_SETS),
      variant: oneOf('nf_tables', 'nf_tables', 'legacy'),
      family: oneOf(4, 6),
      backend: oneOf('nft', 'iptables'),
      course: oneOf('unanswered', 'open', 'half-closed', 'closing', 'vanished'),
      anchor,
      delayMs: random() * (anchor === 'start' ? startMs : oneOf(5, WHOLE_LIFE_MS)),
      stopped: random() < 0.2,
    };
  });
}

/** With every processor busy. What fails says by which seed, and RAWSHAKE_SEED repeats it. */
export async function killRounds(count: number, signal: NodeJS.Signals): Promise<readonly KillResult[]> {
  const seed = Number(process.env['RAWSHAKE_SEED'] ?? Date.now() % 2 ** 31);
  const legacy = legacyPath();
  const busy = [1, 2].map(() =>
    spawn(process.execPath, ['-e', 'const end = Date.now() + 300_000; while (Date.now() < end);']),
  );
  const results: KillResult[] = [];
  try {
    for (const round of plannedRounds(count, seed, await timeToSyn())) {
      try {
        results.push(await killRound(round, signal, legacy));
      } catch (cause) {
        const which = `${signal}, RAWSHAKE_SEED=${seed}, round ${results.length + 1}: ${JSON.stringify({ ...round, rules: round.rules.name })}`;
        throw new Error(`left behind (${which}):\n${String(cause)}`, { cause });
      }
    }
    return results;
  } finally {
    for (const child of busy) child.kill('SIGKILL');
    legacy.remove();
  }
}
