/** A filter that nobody holds: it stays when the program that put it there has ended, until somebody removes it. */
import { randomBytes } from 'node:crypto';
import { RawshakeError } from '../error.js';
import { findPlanned, type FoundFilter } from './found.js';
import { iptablesCommands } from './iptables.js';
import { tableOf } from './nft.js';
import { notApplied } from './not-applied.js';
import type { FilterPlan } from './plan.js';
import type { FilterHost } from './ports.js';

/** What such a filter may be called: no process, and no second one, for containers on one host count theirs anew. */
export const detachedComment = (): string => `rawshake:detached-${randomBytes(4).toString('hex')}`;

/**
 * Puts the plan in force and leaves it there. Its comment had better be a `detachedComment`: rules of processes that are gone
 * are cleared away.
 * @throws {RawshakeError} as `applyFilter`
 */
export function addDetached(plan: FilterPlan, host: FilterHost): FoundFilter {
  switch (plan.backend) {
    case 'nft':
      host.nft().create(tableOf(plan), { owned: false });
      break;
    case 'iptables':
      host.addRule(iptablesCommands(plan));
  }
  try {
    const found = findPlanned(plan, host);
    if (found === undefined) throw notApplied(plan, host.enter);
    return found;
  } catch (error) {
    takeBack(plan, host);
    throw error;
  }
}

/** What cannot be read back is not left there. */
function takeBack(plan: FilterPlan, host: FilterHost): void {
  try {
    if (plan.backend === 'nft') host.nft().deleteTable('inet', plan.table);
    else host.removeRule(iptablesCommands(plan));
  } catch (error) {
    if (!(error instanceof RawshakeError)) throw error; // somebody else has removed it
  }
}
