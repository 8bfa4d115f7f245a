/** The main job: the same handshake once for each remedy, each in a fresh lab. */
import type { EndName } from '../evidence/host.js';
import type { RemedyNotRun } from '../evidence/not-run.js';
import type { HandshakeRun, RemedyId } from '../evidence/run.js';
import { warmUp } from '../driver/warm-up.js';
import { systemClock } from '../linux/libc/clock.js';
import { openKernelTrace } from '../linux/trace/kernel-trace.js';
import type { TransportChoice } from '../linux/port/transport.js';
import { type Family, SERVER_PORT } from './addresses.js';
import { runHandshake } from './handshake.js';
import { endedBy } from './not-run.js';
import { parseRuleset, parseUserRule } from '../filter/user-rule.js';
import { REMEDIES } from './remedies/index.js';
import type { Remedy } from './remedies/remedy.js';
import { userRules } from './remedies/user-rules.js';

export interface CompareOptions {
  /** Default: `none` and `iptables`; with rules of one's own `none`. */
  readonly remedies?: readonly RemedyId[];
  /** Rules of one's own, each the arguments of iptables or a command of nft: all are loaded, in their order, for one run, which is the last. */
  readonly rules?: readonly string[];
  /** The same from a file, of nft or of iptables-save; loaded before them. `name`: as it is shown. */
  readonly ruleset?: { readonly name: string; readonly text: string };
  /** Which side is made by hand. Default: `client`. */
  readonly role?: EndName;
  /** Default: 4. */
  readonly families?: readonly Family[];
  /** Default: `auto`. */
  readonly transport?: TransportChoice;
  /** The server's port. Default: 8888. */
  readonly serverPort?: number;
  /** What the client sends. Default: `hello`. */
  readonly data?: string;
  /** Asks the socket tables after each segment of ours too. */
  readonly closely?: boolean;
  readonly signal?: AbortSignal;
  /** Told of each run as it ends. */
  readonly onRun?: (run: HandshakeRun) => void;
  /**
   * Told of each remedy that cannot be tried here; the others are. Left out, or where none can be tried, what is missing is thrown.
   * Of the two that are taken by default, `iptables` has `nft` in its place.
   */
  readonly onNotRun?: (remedy: RemedyNotRun) => void;
}

/** Default remedies, with what is tried instead of one that cannot be. */
const DEFAULT: readonly RemedyId[] = ['none', 'iptables'];
const INSTEAD: Partial<Record<RemedyNotRun['remedy'], RemedyId>> = { iptables: 'nft' };

/**
 * The runs, family by family, in the order of the remedies.
 * @throws {RawshakeError} RS_USAGE where a rule is none that iptables or nft takes; and as `runHandshake`
 */
export async function compare(options: CompareOptions = {}): Promise<readonly HandshakeRun[]> {
  const { families = [4], transport = 'auto', data = 'hello', role = 'client', onNotRun } = options;
  const rules = [
    ...(options.ruleset === undefined ? [] : [parseRuleset(options.ruleset.text, options.ruleset.name)]),
    ...(options.rules ?? []).map(parseUserRule),
  ];
  const own = rules.length === 0 ? [] : [userRules(rules)];
  const { remedies = own.length > 0 ? ['none'] : DEFAULT } = options;
  const chosen = [...remedies.map((id) => REMEDIES[id]), ...own];
  const runs: HandshakeRun[] = [];
  const notRun: RemedyNotRun[] = [];
  let missing: unknown;
  // One for all: it comes into force while the first lab is made.
  const trace = openKernelTrace({ ports: [options.serverPort ?? SERVER_PORT] });
  await warmUp(systemClock); // meanwhile
  /** Whether it was run. */
  const attempt = async (remedy: Remedy, family: Family, instead?: RemedyId): Promise<boolean> => {
    try {
      const run = await runHandshake({ ...options, remedy, family, transport, data, trace });
      runs.push(run);
      options.onRun?.(run);
      return true;
    } catch (error) {
      const why = onNotRun === undefined ? undefined : endedBy(error);
      if (why === undefined || (runs.length === 0 && why.code === 'RS_NO_PRIVILEGE')) throw error;
      missing ??= error;
      const isReplaced = instead !== undefined && (await attempt(REMEDIES[instead], family));
      notRun.push({ ...why, remedy: remedy.id, role, family, ...(isReplaced && { instead }) });
      return false;
    }
  };
  try {
    for (const family of families) {
      for (const remedy of chosen) await attempt(remedy, family, remedies === DEFAULT ? INSTEAD[remedy.id] : undefined);
    }
  } finally {
    trace.close();
  }
  if (runs.length === 0 && missing !== undefined) throw missing as Error;
  for (const remedy of notRun) onNotRun?.(remedy);
  return runs;
}
