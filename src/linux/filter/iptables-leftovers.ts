/** What iptables would leave behind on a host: for the guard, which then tidies up after its rule. */
import { RawshakeError } from '../../error.js';
import type { NftSession, RuleCommands } from '../../filter/ports.js';
import type { Tidy } from '../process/guard.js';
import { MADE_CHAIN, MADE_TABLE } from '../process/guard-script.js';

/**
 * Whether a rule could bring a raw table, or its chain OUTPUT, that was not there: only the iptables on nf_tables leaves
 * them behind, and only since 1.8.8 does it delete such chains (and so refuse where there is a rule in them).
 */
export function leftovers(versionOf: (program: string) => string, nft: () => NftSession): (rule: RuleCommands) => Tidy {
  return ({ add: [program], plan: { family } }) => {
    if (program === 'nft' || !deletesChains(versionOf(program))) return '';
    const name = family === 4 ? 'ip' : 'ip6';
    const chains = chainsOfRaw(name, nft);
    const isTheUsers = chains.includes('OUTPUT') && !chains.includes(MADE_TABLE) && !chains.includes(MADE_CHAIN);
    return isTheUsers ? '' : name;
  };
}

function chainsOfRaw(family: 'ip' | 'ip6', nft: () => NftSession): string[] {
  try {
    const contents = nft().contents(family);
    return contents.flatMap(({ kind, table, name }) => (kind === 'chain' && table === 'raw' ? [name] : []));
  } catch (error) {
    // No nft to see them with: then the guard has none to remove them with either.
    if (error instanceof RawshakeError && error.code !== 'RS_NO_PRIVILEGE') return [];
    throw error;
  }
}

/** `iptables v1.8.9 (nf_tables)`, from 1.8.8 on. */
function deletesChains(version: string): boolean {
  const [, major, minor, patch] = (/v(\d+)\.(\d+)\.(\d+) \(nf_tables\)/.exec(version) ?? []).map(Number);
  if (major === undefined || minor === undefined || patch === undefined) return false;
  return major > 1 || minor > 8 || (minor === 8 && patch >= 8);
}
