/** What `iptables-save -c` prints, also where somebody has put what it cannot read into a table of no concern here. */
import { RawshakeError } from '../error.js';
import type { Family } from './flow.js';
import { variantNamed } from './iptables-save.js';
import type { FilterHost } from './ports.js';

/**
 * All tables, or where that fails the one that our rules are in, if it is there. Not that one alone in the first place:
 * naming a table brings it about, or those of its chains that it lacks.
 * @throws {RawshakeError} as `host.run`
 */
export function savedListing(program: string, family: Family, host: FilterHost): string {
  const all = [`${program}-save`, '-c'] as const;
  try {
    return host.run(all);
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED' && hasRaw(program, family, host)))
      throw error;
    return host.run([...all, '-t', 'raw']);
  }
}

function hasRaw(program: string, family: Family, host: FilterHost): boolean {
  try {
    if (variantNamed(host.run([program, '--version'])) !== 'nf_tables') return false;
    const contents = host.nft().contents(family === 4 ? 'ip' : 'ip6');
    return contents.some(({ table, name }) => table === 'raw' && name === 'OUTPUT');
  } catch (error) {
    if (error instanceof RawshakeError) return false;
    throw error;
  }
}
