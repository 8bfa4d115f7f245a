/** The main job: the same handshake once for each remedy, each in a fresh lab. */
import type { HostName } from '../evidence/host.js';
import type { HandshakeRun, RemedyId } from '../evidence/run.js';
import { openKernelTrace } from '../linux/kernel-trace.js';
import type { TransportChoice } from '../linux/transport.js';
import type { Family } from './addresses.js';
import { runHandshake } from './handshake.js';
import { parseUserRule } from '../filter/user-rule.js';
import { REMEDIES } from './remedies/index.js';
import { userRule } from './remedies/user-rule.js';

export interface CompareOptions {
  /** Default: `none` and `iptables`; with a rule of one's own `none`. */
  readonly remedies?: readonly RemedyId[];
  /** The arguments of iptables for a rule of one's own, which is tried last. */
  readonly rule?: string;
  /** Which side is made by hand. Default: `client`. */
  readonly role?: HostName;
  /** Default: 4. */
  readonly families?: readonly Family[];
  /** Default: `auto`. */
  readonly transport?: TransportChoice;
  /** The server's port. Default: 8888. */
  readonly serverPort?: number;
  /** What the client sends. Default: `hello`. */
  readonly data?: string;
  readonly signal?: AbortSignal;
  /** Told of each run as it ends. */
  readonly onRun?: (run: HandshakeRun) => void;
}

/**
 * The runs, family by family, in the order of the remedies.
 * @throws {RawshakeError} RS_USAGE where the rule is none that iptables takes; and as `runHandshake`
 */
export async function compare(options: CompareOptions = {}): Promise<readonly HandshakeRun[]> {
  const { families = [4], transport = 'auto', data = 'hello' } = options;
  const own = options.rule === undefined ? [] : [userRule(parseUserRule(options.rule))];
  const { remedies = own.length > 0 ? ['none'] : ['none', 'iptables'] } = options;
  const chosen = [...remedies.map((id) => REMEDIES[id]), ...own];
  const runs: HandshakeRun[] = [];
  // One for all runs: it comes into force while the first lab is made.
  const trace = openKernelTrace();
  try {
    for (const family of families) {
      for (const remedy of chosen) {
        const run = await runHandshake({ ...options, remedy, family, transport, data, trace });
        runs.push(run);
        options.onRun?.(run);
      }
    }
    return runs;
  } finally {
    trace.close();
  }
}
