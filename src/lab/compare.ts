/** The main job: the same handshake once for each remedy, each in a fresh lab. */
import type { HostName } from '../evidence/host.js';
import type { HandshakeRun, RemedyId } from '../evidence/run.js';
import type { TransportChoice } from '../linux/transport.js';
import type { Family } from './addresses.js';
import { runHandshake } from './handshake.js';
import { REMEDIES } from './remedies/index.js';

export interface CompareOptions {
  /** Default: `none` and `iptables`. */
  readonly remedies?: readonly RemedyId[];
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
  /** Asks the socket tables after each segment of ours too. */
  readonly closely?: boolean;
  readonly signal?: AbortSignal;
  /** Told of each run as it ends. */
  readonly onRun?: (run: HandshakeRun) => void;
}

/** The runs, family by family, in the order of the remedies. */
export async function compare(options: CompareOptions = {}): Promise<readonly HandshakeRun[]> {
  const { remedies = ['none', 'iptables'], families = [4], transport = 'auto', data = 'hello' } = options;
  const runs: HandshakeRun[] = [];
  for (const family of families) {
    for (const id of remedies) {
      const run = await runHandshake({ ...options, remedy: REMEDIES[id], family, transport, data });
      runs.push(run);
      options.onRun?.(run);
    }
  }
  return runs;
}
