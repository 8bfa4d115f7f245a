/**
 * The rule of a journal entry, removed and proven to be gone. That a command fails proves nothing: only a listing does in
 * which the rule is not, by the same kind of iptables, for a host may have rules in both.
 */
import { RawshakeError } from '../../error.js';
import { findNft, removeFilter } from '../../filter/found.js';
import { iptablesCommands, isRuleOf } from '../../filter/iptables.js';
import { byProgram, programOfKind, VARIANTS } from '../../filter/iptables-kinds.js';
import { savedListing } from '../../filter/iptables-listing.js';
import { type IptablesVariant, parseSavedRules } from '../../filter/iptables-save.js';
import type { FilterPlan, IptablesPlan, NftPlan } from '../../filter/plan.js';
import type { FilterHost, RuleCommands } from '../../filter/ports.js';

/** Removes it where it is there; whether it is known to be gone. `variant`: of iptables, where it is known. */
export function clearStale(plan: FilterPlan, variant: IptablesVariant | undefined, host: FilterHost): boolean {
  return isKnown(() => {
    if (plan.backend === 'nft') return clearNft(plan, host);
    const variants = variant === undefined ? VARIANTS : [variant];
    return variants.every((each) => clearIptables(plan, programOfKind(plan.family, each, host), host));
  });
}

/** Whether it is known that the rule is not there. */
export const isAbsent = ({ plan, remove: [program] }: RuleCommands, host: FilterHost): boolean =>
  isKnown(() => !isThere(plan, program, host));

/** What cannot be found out is not known. */
function isKnown(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (error instanceof RawshakeError) return false;
    throw error;
  }
}

function clearNft(plan: NftPlan, host: FilterHost): boolean {
  if (!isThere(plan, 'nft', host)) return true;
  const found = findNft(host).find((filter) => filter.plan.comment === plan.comment);
  if (found !== undefined) removeFilter(found, host);
  return !isThere(plan, 'nft', host);
}

function clearIptables(plan: IptablesPlan, program: string, host: FilterHost): boolean {
  if (!isThere(plan, program, host)) return true;
  try {
    host.removeRule(iptablesCommands(byProgram(plan, program)));
    return true;
  } catch (error) {
    if (!(error instanceof RawshakeError)) throw error;
    return !isThere(plan, program, host); // its guard may have been quicker
  }
}

/** @throws {RawshakeError} where there is no listing to be had */
function isThere(plan: FilterPlan, program: string, host: FilterHost): boolean {
  if (plan.backend === 'nft')
    return host
      .nft()
      .contents('inet')
      .some(({ table }) => table === plan.table);
  return isListed(plan, savedListing(program, plan.family, host));
}

/** A table in which somebody else has put what iptables does not know is passed over in its listing: nft_is_table_compatible. */
function isListed(plan: IptablesPlan, saved: string): boolean {
  if (/^# Table `\S+' is incompatible/m.test(saved)) return true;
  return parseSavedRules(saved).some((rule) => isRuleOf(plan, rule));
}
