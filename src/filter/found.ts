/** The filters of ours that are in force on a host, whoever put them there: found by their comment, removed by name. */
import { RawshakeError } from '../error.js';
import type { Counters } from './applied.js';
import { canonicalFlow, type Family, type FilterFlow } from './flow.js';
import { commentOf, flowOf, type IptablesVariant, markOf, parseSavedRules, variantOf } from './iptables-save.js';
import { type ListedChain, listedChains, listedRules } from './nft-json.js';
import { type Backend, ownerOf } from './plan.js';
import type { Argv, FilterHost } from './ports.js';

export interface FoundFilter extends Counters {
  readonly backend: Backend;
  /** Of iptables: which one it is. */
  readonly variant?: IptablesVariant;
  readonly family: Family;
  readonly table: string;
  readonly flow: FilterFlow;
  readonly mark: number;
  readonly comment: string;
  /** The process that holds it; undefined where it is meant to stay. */
  readonly owner: number | undefined;
  readonly removal: Argv;
}

/** What every name of ours begins with: comments, and with `-` for `:` tables. */
const OURS = /^rawshake[:-]/;

/**
 * Those of nftables first.
 * @throws {RawshakeError} RS_NO_PRIVILEGE; RS_MISSING_TOOL where there is nothing to look with
 */
export function findFilters(host: FilterHost): readonly FoundFilter[] {
  const looks = [() => findNft(host), () => findIptables(host, 4), () => findIptables(host, 6)];
  const seen = looks.map((look) => unlessMissing(look));
  const found = seen.flatMap((filters) => (filters instanceof RawshakeError ? [] : filters));
  const [missing] = seen;
  if (missing instanceof RawshakeError && seen.every((filters) => filters instanceof RawshakeError)) throw missing;
  return found;
}

/** What is not installed has put nothing there. */
function unlessMissing(look: () => FoundFilter[]): FoundFilter[] | RawshakeError {
  try {
    return look();
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_MISSING_TOOL') return error;
    throw error;
  }
}

function findNft(host: FilterHost): FoundFilter[] {
  const chains = listedChains(host.nft().run('list chains inet')).filter(({ table }) => OURS.test(table));
  return chains.flatMap((chain) =>
    listedRules(list(host, chain))
      .filter(({ comment }) => OURS.test(comment))
      .map(({ table, flow, mark, comment, packets, bytes }) => ({
        backend: 'nft',
        family: canonicalFlow(flow).family,
        table,
        flow,
        mark: mark ?? 0,
        comment,
        owner: ownerOf(comment),
        removal: ['nft', 'delete', 'table', 'inet', table],
        packets,
        bytes,
      })),
  );
}

/** The chain, or nothing where it has gone in the meantime. */
function list(host: FilterHost, { table, name }: ListedChain): string {
  try {
    return host.nft().run(`list chain inet ${table} ${name}`);
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED') return '';
    throw error;
  }
}

/** Without `-t`, for naming a table would bring it about. */
function findIptables(host: FilterHost, family: Family): FoundFilter[] {
  const program = family === 4 ? 'iptables' : 'ip6tables';
  const saved = host.run([`${program}-save`, '-c']);
  const variant = variantOf(saved);
  return parseSavedRules(saved).flatMap((rule) => {
    const comment = commentOf(rule);
    if (comment === undefined || !OURS.test(comment)) return [];
    const { table, chain, match, packets, bytes } = rule;
    return [
      {
        backend: 'iptables',
        variant,
        family,
        table,
        flow: flowOf(rule),
        mark: markOf(rule),
        comment,
        owner: ownerOf(comment),
        removal: [program, '-w', '-t', table, '-D', chain, ...match],
        packets,
        bytes,
      },
    ];
  });
}

/** Whether it is the filter of exactly this flow. */
export function covers(filter: FoundFilter, wanted: FilterFlow): boolean {
  const { flow, family } = canonicalFlow(wanted);
  const { src, srcPort, dst, dstPort } = filter.flow;
  return (
    filter.family === family &&
    src === flow.src &&
    srcPort === flow.srcPort &&
    dst === flow.dst &&
    dstPort === flow.dstPort
  );
}

/**
 * Removes it, and nothing else.
 * @throws {RawshakeError} RS_NO_PRIVILEGE also where nftables has it belong to a process that lives
 */
export function removeFilter({ backend, family, comment, table, removal }: FoundFilter, host: FilterHost): void {
  switch (backend) {
    case 'nft':
      host.nft().run(`delete table inet ${table}`);
      return;
    case 'iptables':
      host.removeRule({ family, comment, add: [removal[0]], remove: removal }); // what added it is not known any more
  }
}
